// Webhooks for tests: receivers on this machine that answer as they are told, and deliveries under a clock that turns.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createOutboundClient } from '@caption-queue/api/outbound/client';
import type { Resolve } from '@caption-queue/api/outbound/lookup';
import type { Clock } from '@caption-queue/api/webhooks/schedule';
import { startWebhooks, type WebhookOptions } from '@caption-queue/api/webhooks/start-webhooks';
import type { CaptionStatus } from '@caption-queue/contract/caption';
import { deliveryQueue } from '@caption-queue/contract/jobs';
import { closeRedis, createRedis } from '@caption-queue/redis/connection';
import { buildKeys } from '@caption-queue/redis/keys';
import { createRegistry, type Registry } from '@caption-queue/runtime/metrics';
import { Queue } from 'bullmq';
import { expect } from 'vitest';
import { fakeInput, silentLogger, soon } from '../pipeline/pipeline.ts';

export interface Received {
  headers: Record<string, string>;
  body: string;
  /** By the wall. */
  atMs: number;
}

export interface TestReceiver {
  readonly url: string;
  readonly received: Received[];
  /** How many requests it had at once at most. */
  readonly mostAtOnce: number;
  /** Waits for that many requests. */
  until(count: number): Promise<Received[]>;
  close(): Promise<void>;
}

export type Answer = (request: IncomingMessage, response: ServerResponse, count: number) => void;

export const answerOk: Answer = (_request, response) => response.writeHead(204).end();
export const answerStatus =
  (status: number, headers: Record<string, string> = {}): Answer =>
  (_request, response) =>
    response.writeHead(status, headers).end(`answer ${status}`);
export const answerNever: Answer = () => undefined;

/** @param answer gets how many requests there were, this one included */
export async function startReceiver(answer: Answer = answerOk): Promise<TestReceiver> {
  const received: Received[] = [];
  let atOnce = 0;
  let mostAtOnce = 0;
  const server = createServer(async (request, response) => {
    atOnce += 1;
    mostAtOnce = Math.max(mostAtOnce, atOnce);
    response.once('close', () => {
      atOnce -= 1;
    });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    received.push({
      headers: request.headers as Record<string, string>,
      body: Buffer.concat(chunks).toString(),
      atMs: Date.now(),
    });
    server.emit('received');
    answer(request, response, received.length);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    get mostAtOnce() {
      return mostAtOnce;
    },
    async until(count) {
      const signal = AbortSignal.timeout(soon.timeout);
      while (received.length < count) await once(server, 'received', { signal });
      return received;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

export interface TestClock extends Clock {
  turn(ms: number): void;
}

export function createTestClock(): TestClock {
  let offsetMs = 0;
  return {
    now: () => Date.now() + offsetMs,
    turn(ms) {
      offsetMs += ms;
    },
  };
}

export interface Delivering {
  readonly registry: Registry;
  /** Turns the clock and wakes every delivery that waits; one that isn't due yet goes back to waiting. */
  turn(ms: number): Promise<void>;
  /** Writes an event into the outbox, as the script does that ends a caption. */
  addEvent(fields: Record<string, string>): Promise<void>;
  stop(): Promise<void>;
}

export async function startDelivering(options: {
  redisUrl: string;
  prefix: string;
  clock?: TestClock;
  resolve?: Resolve;
  webhooks?: Partial<WebhookOptions>;
}): Promise<Delivering> {
  const { redisUrl: url, prefix, clock = createTestClock(), resolve, webhooks } = options;
  const connect = () => createRedis({ url, role: 'worker', logger: silentLogger });
  const redis = connect();
  const registry = createRegistry({ service: 'api' });
  const delivering = startWebhooks({
    redis,
    outboxRedis: connect(),
    prefix,
    outbound: createOutboundClient({
      rules: { allow: 'loopback', ports: new Set() },
      maxImageBytes: 0,
      version: '0.0.0-test',
      ...(resolve && { resolve }),
    }),
    publicUrl: undefined,
    retentionSeconds: 3_600,
    registry,
    logger: silentLogger,
    clock,
    random: () => 0,
    ...webhooks,
  });
  const keys = buildKeys(prefix);
  const queue = new Queue(deliveryQueue.queue, { connection: redis, prefix: keys.queuePrefix });
  queue.on('error', () => undefined);
  return {
    registry,
    async turn(ms) {
      await expect.poll(() => queue.getJobCountByTypes('active', 'waiting'), soon).toBe(0);
      clock.turn(ms);
      await queue.promoteJobs();
    },
    async addEvent(fields) {
      await redis.xadd(keys.outbox, '*', ...Object.entries(fields).flat());
    },
    async stop() {
      await delivering.stop();
      await queue.close();
      closeRedis(redis);
    },
  };
}

/** The outbox's entry of a caption that ended. */
export function endedCaption(
  status: CaptionStatus = 'succeeded',
  fields: Record<string, string> = {},
): Record<string, string> {
  const id = `cap_0197a2f0-0000-7000-8000-${randomBytes(6).toString('hex')}`;
  const output = {
    caption: 'a dog runs',
    confidence: null,
    alt_text: null,
    tags: [],
    alternatives: [{ caption: 'a dog runs', confidence: null, log_prob: -1.5 }],
    words: [{ text: 'a', log_prob: -0.5 }],
  };
  return {
    event: `caption.${status}`,
    id,
    tenant: 'default',
    status,
    stage: '',
    priority: 'interactive',
    created_at: '1764000000000',
    completed_at: '1764000001000',
    input: JSON.stringify(fakeInput),
    options: JSON.stringify({ beam_width: 3, max_length: 20, alternatives: 3 }),
    output: JSON.stringify(output),
    ...fields,
  };
}
