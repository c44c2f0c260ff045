// Runs Lua scripts by their hash, and by their text where the server doesn't know them (yet, or after a restart).
import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';

export interface Script {
  readonly text: string;
  readonly sha1: string;
}

export function defineScript(text: string): Script {
  return { text, sha1: createHash('sha1').update(text).digest('hex') };
}

export type ScriptArgument = string | number | Buffer;

/** A script with all that it is given. */
export interface ScriptCall {
  script: Script;
  keys: string[];
  args: ScriptArgument[];
}

/**
 * Runs a script whose answer is a list.
 *
 * @returns the list, strings as buffers because some are pixels
 */
export async function runScript(
  redis: Redis,
  script: Script,
  options: { keys: string[]; args: ScriptArgument[] },
): Promise<ScriptReply> {
  const rest = [options.keys.length, ...options.keys, ...options.args];
  let reply: unknown;
  try {
    reply = await redis.callBuffer('EVALSHA', [script.sha1, ...rest]);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    reply = await redis.callBuffer('EVAL', [script.text, ...rest]);
  }
  if (!Array.isArray(reply)) throw new Error('A Redis script answered something else than a list.');
  return new ScriptReply(reply);
}

/**
 * Runs scripts in one transaction: nothing happens between them. Sent by their text, because an unknown hash would
 * break a transaction in the middle.
 */
export async function runTransaction(redis: Redis, calls: ScriptCall[]): Promise<ScriptReply[]> {
  const transaction = redis.multi();
  for (const { script, keys, args } of calls) {
    transaction.eval(script.text, keys.length, ...keys, ...args);
  }
  const replies = (await transaction.exec()) ?? [];
  return replies.map(([error, items]) => {
    if (error) throw error;
    const bytes = (items as unknown[]).map((item) =>
      typeof item === 'string' ? Buffer.from(item) : item,
    );
    return new ScriptReply(bytes);
  });
}

/** The list a script answered, read by position. */
export class ScriptReply {
  readonly #items: unknown[];

  constructor(items: unknown[]) {
    this.#items = items;
  }

  get length(): number {
    return this.#items.length;
  }

  bytes(index: number): Buffer {
    const item = this.#items[index];
    if (!Buffer.isBuffer(item)) throw new Error(`Script answer ${index} is not a string.`);
    return item;
  }

  text(index: number): string {
    return this.bytes(index).toString();
  }

  number(index: number): number {
    const item = this.#items[index];
    return typeof item === 'number' ? item : Number(this.text(index));
  }
}
