// Lua files are imported as their text: the bundler and the tests load them so.
declare module '*.lua' {
  const text: string;
  export default text;
}
