// What every refusal of the API must be: a problem of RFC 9457, with its status, code and request id.
import { Problem } from '@caption-queue/contract/errors';
import { Value } from 'typebox/value';
import { expect } from 'vitest';
import { readProblem } from './api.ts';
import type { RawAnswer } from './raw-http.ts';

export async function expectProblem(
  response: Response,
  status: number,
  code: string,
): Promise<void> {
  const problem = await readProblem(response);
  expect({ status: response.status, code: problem.code }, problem.detail).toEqual({ status, code });
  expect(problem.status).toBe(status);
  expect(Value.Check(Problem, problem)).toBe(true);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(response.headers.get('x-request-id')).toMatch(/.{8}/);
}

export function expectRawProblem(answer: RawAnswer, status: number, code: string): void {
  expect(answer.status).toBe(status);
  expect(JSON.parse(answer.body)).toMatchObject({ status, code });
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(answer.headers['x-request-id']).toMatch(/.{8}/);
}
