// Runs Lua scripts whose keys, arguments and replies have names. A script is sent by its hash, and by its text where
// the server doesn't know it (yet, or after a restart).
import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Codecs, Values } from './codecs.ts';
import preamble from './lua/preamble.lua';

export type Replies = Readonly<Record<string, Codecs>>;

export interface Script<Key extends string, Args extends Codecs, R extends Replies> {
  readonly name: string;
  readonly text: string;
  readonly sha1: string;
  readonly keys: readonly Key[];
  readonly args: Args;
  readonly replies: R;
}

/** What a script may answer: told apart by `kind`. */
export type Reply<R extends Replies> = {
  [Kind in keyof R]: { readonly kind: Kind } & Readonly<Values<R[Kind]>>;
}[keyof R];

export type ReplyOf<S> = S extends Script<string, Codecs, infer R> ? Reply<R> : never;

/** A script with all that it is given, ready to be sent. */
export interface ScriptCall<Answer> {
  readonly script: { readonly text: string; readonly sha1: string };
  readonly keys: readonly string[];
  readonly args: readonly (string | Buffer)[];
  decode(items: unknown): Answer;
}

/**
 * Describes a script. In Lua its keys are `keys.<name>`, its arguments `args.<name>`; it ends with
 * `return reply('<kind>', { <name> = <value> })`.
 *
 * @param options.name for messages
 * @param options.include texts of Lua files that go before its own, for what scripts share
 * @param options.replies the values of each kind of reply
 */
export function defineScript<
  const Key extends string,
  Args extends Codecs,
  R extends Replies,
>(options: {
  name: string;
  lua: string;
  include?: readonly string[];
  keys: readonly Key[];
  args: Args;
  replies: R;
}): Script<Key, Args, R> {
  const { name, lua, include = [], keys, args, replies } = options;
  const all = [preamble, ...include, lua].join('\n');
  const sha1 = createHash('sha1').update(all).digest('hex');
  return { name, text: all, sha1, keys, args, replies };
}

/** Encodes a call. A key that is undefined isn't sent, and nil in Lua. */
export function prepareScript<Key extends string, Args extends Codecs, R extends Replies>(
  script: Script<Key, Args, R>,
  given: { keys: Readonly<Record<Key, string | undefined>>; args: Values<Args> },
): ScriptCall<Reply<R>> {
  const names = script.keys.filter((name) => given.keys[name] !== undefined);
  const args: (string | Buffer)[] = [names.join(' ')];
  for (const [name, codec] of Object.entries(script.args)) {
    const value = codec.encode(given.args[name]);
    if (value !== undefined) args.push(name, value);
  }
  return {
    script,
    keys: names.flatMap((name) => given.keys[name] ?? []),
    args,
    decode: (items) => decodeReply(script, items),
  };
}

/** @throws Error when the script answered something that it doesn't describe */
export function runScript<Key extends string, Args extends Codecs, R extends Replies>(
  redis: Redis,
  script: Script<Key, Args, R>,
  given: { keys: Readonly<Record<Key, string | undefined>>; args: Values<Args> },
): Promise<Reply<R>> {
  return runCall(redis, prepareScript(script, given));
}

/** Runs a call that was prepared. @throws Error as `runScript` */
export async function runCall<Answer>(redis: Redis, call: ScriptCall<Answer>): Promise<Answer> {
  const { script } = call;
  const rest = [call.keys.length, ...call.keys, ...call.args];
  try {
    return call.decode(await redis.callBuffer('EVALSHA', [script.sha1, ...rest]));
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return call.decode(await redis.callBuffer('EVAL', [script.text, ...rest]));
  }
}

/**
 * Runs scripts in one transaction: nothing happens between them. Sent by their text, because an unknown hash would
 * break a transaction in the middle.
 *
 * @returns what `first` answered; of `following` nothing but their errors is of interest
 */
export async function runTransaction<Answer>(
  redis: Redis,
  { first, following }: { first: ScriptCall<Answer>; following: readonly ScriptCall<unknown>[] },
): Promise<Answer> {
  const transaction = redis.multi();
  for (const { script, keys, args } of [first, ...following]) {
    transaction.eval(script.text, keys.length, ...keys, ...args);
  }
  const replies = (await transaction.exec()) ?? [];
  for (const [error] of replies) if (error) throw error;
  return first.decode(replies[0]?.[1]);
}

function decodeReply<R extends Replies>(
  script: Script<string, Codecs, R>,
  items: unknown,
): Reply<R> {
  const [kind = '', ...pairs] = Array.isArray(items) ? items.map(toBuffer) : [];
  const name = kind.toString();
  const codecs = script.replies[name];
  if (codecs === undefined) {
    throw new Error(
      `The Redis script ${script.name} answered “${name}”, which it doesn’t describe.`,
    );
  }
  const given = new Map<string, Buffer | undefined>();
  for (let i = 0; i < pairs.length; i += 2) given.set(String(pairs[i]), pairs[i + 1]);
  const values: Record<string, unknown> = { kind: name };
  for (const [field, codec] of Object.entries(codecs)) {
    try {
      values[field] = codec.decode(given.get(field));
    } catch (error) {
      const where = `${field} of “${name}” from the Redis script ${script.name}`;
      throw new Error(`${where}: ${(error as Error).message}.`, { cause: error });
    }
  }
  return values as Reply<R>;
}

/** Strings come as buffers or, from a transaction, as strings; whole numbers as numbers. */
function toBuffer(item: unknown): Buffer {
  return Buffer.isBuffer(item) ? item : Buffer.from(String(item));
}
