// Asks operations of the API by their names, and keeps count of the documented answers that came.
import { expect } from 'vitest';
import { cornersPng } from '../pictures/pictures.ts';
import type { TestApi } from './api.ts';
import {
  type Operation,
  readAnswer,
  readOperations,
  type SeenAnswer,
} from './described-operations.ts';
import { exchange } from './raw-http.ts';

export interface Request extends Pick<RequestInit, 'body'> {
  headers?: Record<string, string>;
  query?: string;
}

export const send = (type: string, body: string | Uint8Array<ArrayBuffer>): Request => ({
  headers: { 'content-type': type },
  body,
});
export const json = (body: unknown) => send('application/json', JSON.stringify(body));
export function form(name: string, bytes: Uint8Array = picture): Request {
  const body = new FormData();
  body.append(name, new Blob([new Uint8Array(bytes)], { type: 'image/png' }), 'picture.png');
  return { body };
}

export const picture: Buffer = await cornersPng();

/** A body for each operation that takes one. */
const examples: Record<string, Request> = {
  createCaption: form('image'),
  createBatch: form('images'),
  maxPredict: form('image'),
  createWebhook: json({ url: 'https://receiver.example/hook' }),
  changeWebhook: json({ description: 'mine' }),
};

/** By what stands before them in an address. */
export type Ids = Record<string, string>;
/** As they are made, but of nothing that there is. */
export const unknownIds: Ids = {
  captions: 'cap_00000000-0000-7000-8000-000000000000',
  batches: 'batch_00000000-0000-7000-8000-000000000000',
  webhooks: `we_${'0'.repeat(32)}`,
  deliveries: `msg_${'0'.repeat(32)}`,
};

interface Asked extends Request {
  /** Default: the one whose description was read. */
  api?: TestApi;
  /** Default: those of nothing. */
  ids?: Ids;
}

export interface OperationAsker {
  readonly operations: readonly Operation[];
  /** Those that ask for a key. */
  readonly guarded: readonly Operation[];
  /** Those with an id in their address. */
  readonly ofOne: readonly Operation[];
  /** Those that take a body of such a media type; all that take any when none is said. */
  taking(media?: string): Operation[];
  /** Those that may answer so. */
  naming(answer: string): Operation[];
  /** Asks as the operation's example does, but for what is said otherwise. @param answer that must come */
  ask(operation: Operation | string, answer: string, asked?: Asked): Promise<SeenAnswer>;
  /** With a request that `fetch` doesn't send. @param asked.lines headers */
  askRaw(
    operation: Operation,
    answer: string,
    asked: { api?: TestApi; lines: string[]; body?: string },
  ): Promise<SeenAnswer>;
  /** Documented answers that haven't come yet. */
  missing(): string[];
}

/** @param described the API whose description is read, and which is asked */
export async function createOperationAsker(described: TestApi): Promise<OperationAsker> {
  const operations = await readOperations(described.address);
  const given = new Set<string>();

  function find(id: string): Operation {
    const operation = operations.find((operation) => operation.id === id);
    return operation ?? expect.fail(`There is no operation ${id}.`);
  }

  function exampleOf({ id, bodies }: Operation): Request {
    if (bodies.length === 0) return {};
    return examples[id] ?? expect.fail(`${id} takes a body, and there is no example of one.`);
  }

  async function see(operation: Operation, answer: string, response: Response) {
    const { id, answers } = operation;
    const seen = await readAnswer(operation, response);
    const what = `${id}: ${seen.text.slice(0, 300)}`;
    // Where errors have MAX's shape they have no code.
    expect(seen.name, what).toBe(answers.includes(answer) ? answer : answer.slice(0, 3));
    expect(answers, what).toContain(seen.name);
    if (/^(429|503) /.test(answer)) {
      expect(Number(response.headers.get('retry-after')), what).toBeGreaterThan(0);
    }
    given.add(`${id} ${seen.name}`);
    return seen;
  }

  return {
    operations,
    guarded: operations.filter(({ scope }) => scope !== undefined),
    ofOne: operations.filter(({ path }) => path.includes('{')),
    taking: (media = '') =>
      operations.filter(({ bodies }) => bodies.some((type) => type.includes(media))),
    naming: (answer) => operations.filter(({ answers }) => answers.includes(answer)),

    async ask(named, answer, asked = {}) {
      const { api = described, ids = unknownIds, query = '', ...request } = asked;
      const operation = typeof named === 'string' ? find(named) : named;
      const { body, headers } = request.body === undefined ? exampleOf(operation) : {};
      const response = await fetch(`${api.address}${pathOf(operation, ids)}${query}`, {
        method: operation.method,
        body: body ?? null,
        ...request,
        headers: { ...headers, ...request.headers },
      });
      return see(operation, answer, response);
    },

    async askRaw(operation, answer, { api = described, lines, body = '' }) {
      const head = [`${operation.method} ${pathOf(operation, unknownIds)} HTTP/1.1`, ...lines];
      const { status, headers, ...raw } = await exchange(
        api.port,
        (socket) => void socket.write(`${head.join('\r\n')}\r\n\r\n${body}`),
      );
      return see(operation, answer, new Response(raw.body, { status, headers }));
    },

    missing() {
      const documented = operations.flatMap(({ id, answers }) => answers.map((a) => `${id} ${a}`));
      return documented.filter((name) => !given.has(name));
    },
  };
}

const pathOf = ({ path }: Operation, ids: Ids) =>
  path.replace(/(\w+)\/\{\w+\}/g, (_all, kind: string) => `${kind}/${ids[kind]}`);
