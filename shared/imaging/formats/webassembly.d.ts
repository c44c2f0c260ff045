// The part of WebAssembly's JavaScript interface that is used here; the types of Node.js 20 lack it.
declare namespace WebAssembly {
  type Imports = Record<string, Record<string, unknown>>;
  class Instance {
    constructor(module: Module, imports: Imports);
    readonly exports: Record<string, unknown>;
  }
  class Memory {
    readonly buffer: ArrayBuffer;
    /** @returns how many pages there were */
    grow: (pages: number) => number;
  }
  function compile(bytes: Uint8Array): Promise<Module>;
}
