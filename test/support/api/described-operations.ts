// The running API's description as the list of answers that tests have to see, each held to what it says there.

import { PROBLEM_MEDIA_TYPE } from '@caption-queue/api/http/problems';
import Schema from 'typebox/schema';
import { expect } from 'vitest';

interface DescribedAnswer {
  description: string;
  content?: Record<string, { schema: object }>;
}

interface DescribedOperation {
  operationId: string;
  security: { key: string[] }[];
  requestBody?: { content: Record<string, object> };
  responses: Record<string, DescribedAnswer>;
}

export interface Operation {
  id: string;
  method: string;
  /** With its parameters in braces. */
  path: string;
  /** That a key must have; undefined where no key is asked for. */
  scope: string | undefined;
  /** Media types of its body, the usual one first; none when it takes no body. */
  bodies: string[];
  /** `<status> <code>` for each problem, `<status>` for all else. */
  answers: string[];
  responses: Record<string, DescribedAnswer>;
}

/** @param address of an API */
export async function readOperations(address: string): Promise<Operation[]> {
  const { paths } = (await (await fetch(`${address}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, DescribedOperation>>;
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, security, requestBody, responses }]) => ({
      id: operationId,
      method: method.toUpperCase(),
      path,
      scope: security[0]?.key[0],
      bodies: Object.keys(requestBody?.content ?? {}),
      answers: Object.entries(responses).flatMap(nameAnswers),
      responses,
    })),
  );
}

/** What is said of problems names each code, in backticks and with a colon. */
function nameAnswers([status, { description, content }]: [string, DescribedAnswer]): string[] {
  const codes = [...description.matchAll(/`(\w+)`:/g)].map(([, code]) => `${status} ${code}`);
  return content?.[PROBLEM_MEDIA_TYPE] === undefined || codes.length === 0 ? [status] : codes;
}

export interface SeenAnswer {
  /** As in `Operation.answers`. */
  name: string;
  text: string;
  /** Parsed; empty when it isn't JSON. */
  body: Record<string, unknown>;
}

/** Checks that an answer is one of the described, of the content type and schema that it has there. */
export async function readAnswer(operation: Operation, response: Response): Promise<SeenAnswer> {
  const { status, headers } = response;
  const text = await response.text();
  const type = headers.get('content-type')?.split(';')[0] ?? '';
  const what = `${operation.id} answers ${status} ${type} ${text.slice(0, 300)}`;
  const described = operation.responses[status];
  expect(described, what).toBeDefined();
  expect(headers.get('x-request-id'), what).toMatch(/.{8}/);
  if (described?.content === undefined) {
    expect(text, what).toBe('');
    return { name: String(status), text, body: {} };
  }
  const schema = described.content[type]?.schema ?? expect.fail(`Undocumented type: ${what}`);
  if (!/[/+]json$/.test(type)) return { name: String(status), text, body: {} };
  const body = JSON.parse(text) as Record<string, unknown>;
  const [fits, errors] = Schema.Errors(schema, body);
  expect(fits, `${what} ${JSON.stringify(errors)}`).toBe(true);
  if (type !== PROBLEM_MEDIA_TYPE) return { name: String(status), text, body };
  expect(body.status, what).toBe(status);
  return { name: `${status} ${body.code}`, text, body };
}
