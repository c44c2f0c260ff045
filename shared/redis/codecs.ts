// How values travel to a Lua script and back: encoded and decoded here, and nowhere else.

export interface Codec<T> {
  /** @returns undefined for what isn't sent: then it is nil in Lua */
  encode(value: T): string | Buffer | undefined;
  /**
   * @param bytes undefined when the script answered nothing of this name
   * @throws Error when that is not what it should be
   */
  decode(bytes: Buffer | undefined): T;
}

export type Codecs = Readonly<Record<string, Codec<unknown>>>;

/** The values of named codecs. */
export type Values<C extends Codecs> = { [Name in keyof C]: ReturnType<C[Name]['decode']> };

export const bytes: Codec<Buffer> = {
  encode: (value) => value,
  decode: present,
};

export const text: Codec<string> = {
  encode: (value) => value,
  decode: (value) => present(value).toString(),
};

export const integer: Codec<number> = {
  encode: String,
  decode(value) {
    const number = Number(text.decode(value));
    if (!Number.isSafeInteger(number)) throw new Error(`${value} is not a whole number`);
    return number;
  },
};

/** Sent, and answered, only when it is true. */
export const flag: Codec<boolean> = {
  encode: (value) => (value ? '1' : undefined),
  decode: (value) => value !== undefined,
};

/** For lists and tables, which Lua reads with `cjson.decode` and writes with `cjson.encode`; never for binary. */
export function json<T>(): Codec<T> {
  return {
    encode: (value) => JSON.stringify(value),
    decode: (value) => JSON.parse(text.decode(value)) as T,
  };
}

/** Fields of a Redis hash; what is undefined isn't among them. In Lua: `flatten(cjson.decode(…))`. */
export const fields: Codec<Readonly<Record<string, string | number | undefined>>> = {
  encode: (values) =>
    JSON.stringify(values, (_name, value) => (typeof value === 'number' ? String(value) : value)),
  decode: json<Record<string, string>>().decode,
};

export function oneOf<const Choice extends string>(...choices: Choice[]): Codec<Choice> {
  return {
    encode: (value) => value,
    decode(value) {
      const found = choices.find((choice) => choice === value?.toString());
      if (found === undefined) throw new Error(`${value} is none of ${choices.join(', ')}`);
      return found;
    },
  };
}

export function optional<T>(codec: Codec<T>): Codec<T | undefined> {
  return {
    encode: (value) => (value === undefined ? undefined : codec.encode(value)),
    decode: (value) => (value === undefined ? undefined : codec.decode(value)),
  };
}

function present(value: Buffer | undefined): Buffer {
  if (value === undefined) throw new Error('it is missing');
  return value;
}
