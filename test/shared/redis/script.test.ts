// Scripts for Redis: named keys and arguments go in and named values come out, whatever bytes they are.
import {
  bytes,
  fields,
  flag,
  integer,
  json,
  oneOf,
  optional,
  text,
} from '@caption-queue/redis/codecs';
import {
  defineScript,
  prepareScript,
  runScript,
  runTransaction,
} from '@caption-queue/redis/script';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { randomPrefix } from '../../support/pipeline/pipeline.ts';
import { redisIsAvailable } from '../../support/redis/redis.ts';
import { useRedis } from '../../support/redis/use-redis.ts';

const KEEP = defineScript({
  name: 'keep',
  lua: `
redis.call('SET', keys.place, args.bytes)
return reply('kept', {
  bytes = redis.call('GET', keys.place),
  size = #args.bytes,
  missing = redis.call('GET', keys.place .. ':missing'),
  marked = args.marked,
})`,
  keys: ['place'],
  args: { bytes, marked: flag },
  replies: { kept: { bytes, size: integer, missing: optional(text), marked: flag } },
});

const COUNT = defineScript({
  name: 'count',
  lua: `return reply(args.kind or 'counted', { count = redis.call('INCRBY', keys.counter, args.step) })`,
  keys: ['counter'],
  args: { step: integer, kind: optional(text) },
  replies: { counted: { count: integer }, nothing: {}, wrong: { count: oneOf('one', 'two') } },
});

describe.skipIf(!redisIsAvailable)('a script', () => {
  const server = useRedis({ config: { appendonly: 'no' } });
  let redis: Redis;
  let key: string;
  beforeAll(async () => {
    redis = new Redis(server.url);
  });
  afterAll(() => redis?.disconnect());
  beforeEach(() => {
    key = randomPrefix();
  });

  it('gets and answers every byte as it is', async () => {
    const all = Buffer.from(Array.from({ length: 512 }, (_, n) => n % 256));
    const reply = await runScript(redis, KEEP, {
      keys: { place: key },
      args: { bytes: all, marked: true },
    });
    expect(reply).toEqual({
      kind: 'kept',
      bytes: all,
      size: 512,
      missing: undefined,
      marked: true,
    });
    expect(await redis.getBuffer(key)).toEqual(all);
  });

  it('has nil for what isn’t given, and its caller undefined for what isn’t answered', async () => {
    const LOOK = defineScript({
      name: 'look',
      lua: `
local answer = 'both'
if not keys.second then answer = args.word and 'word' or 'neither' end
return reply(answer, { first = KEYS[1], word = args.word })`,
      keys: ['second', 'first'],
      args: { word: optional(text) },
      replies: {
        both: {},
        word: { first: text, word: text },
        neither: { first: text, word: optional(text) },
      },
    });
    const keys = { first: key, second: undefined };
    expect(await runScript(redis, LOOK, { keys, args: { word: undefined } })).toEqual({
      kind: 'neither',
      first: key,
      word: undefined,
    });
    expect(await runScript(redis, LOOK, { keys, args: { word: '' } })).toEqual({
      kind: 'word',
      first: key,
      word: '',
    });
    const both = { first: key, second: `${key}:2` };
    const reply = await runScript(redis, LOOK, { keys: both, args: { word: undefined } });
    expect(reply.kind).toBe('both');
  });

  it('gets lists and tables, and writes the fields of one', async () => {
    const WRITE = defineScript({
      name: 'write',
      include: [`local function write(values) redis.call('HSET', keys.hash, unpack(values)) end`],
      lua: `
write(flatten(cjson.decode(args.fields)))
return reply('ok', { names = cjson.encode(cjson.decode(args.names)) })`,
      keys: ['hash'],
      args: { fields, names: json<string[]>() },
      replies: { ok: { names: json<string[]>() } },
    });
    const args = { fields: { one: '“1”', two: 1_764_000_000_123, three: undefined }, names: ['é'] };
    const { names } = await runScript(redis, WRITE, { keys: { hash: key }, args });
    expect(names).toEqual(['é']);
    expect(await redis.hgetall(key)).toEqual({ one: '“1”', two: '1764000000123' });
  });

  it('is sent by its text where the server doesn’t know it', async () => {
    const run = () =>
      runScript(redis, COUNT, { keys: { counter: key }, args: { step: 1, kind: undefined } });
    await redis.script('FLUSH');
    expect(await run()).toEqual({ kind: 'counted', count: 1 });
    expect(await run()).toEqual({ kind: 'counted', count: 2 });
    expect(await redis.script('EXISTS', COUNT.sha1)).toEqual([1]);
  });

  it('runs with others in one transaction, unknown to the server too', async () => {
    await redis.script('FLUSH');
    const call = (step: number) =>
      prepareScript(COUNT, { keys: { counter: key }, args: { step, kind: undefined } });
    const reply = await runTransaction(redis, { first: call(2), following: [call(3), call(4)] });
    expect(reply).toEqual({ kind: 'counted', count: 2 });
    expect(await redis.get(key)).toBe('9');
  });

  it('that fails in a transaction fails the call', async () => {
    const call = prepareScript(COUNT, {
      keys: { counter: key },
      args: { step: 1, kind: undefined },
    });
    const broken = { ...call, script: { ...call.script, text: `return redis.call('GET')` } };
    const running = runTransaction(redis, { first: call, following: [broken] });
    await expect(running).rejects.toThrow(/Wrong number of args/);
  });

  it('is named when it answers what it doesn’t describe', async () => {
    const run = (kind: string) =>
      runScript(redis, COUNT, { keys: { counter: key }, args: { step: 1, kind } });
    await expect(run('surprise')).rejects.toThrow(
      'The Redis script count answered “surprise”, which it doesn’t describe.',
    );
    await expect(run('wrong')).rejects.toThrow(
      'count of “wrong” from the Redis script count: 2 is none of one, two.',
    );
    expect(await run('nothing')).toEqual({ kind: 'nothing' });
  });
});
