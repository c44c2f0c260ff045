// `/openapi.json`: the description of this API, made from the same schemas that check requests.
import { Problem, type ProblemCode, problems } from '@caption-queue/contract/problems';
import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { PROBLEM_MEDIA_TYPE } from '../problem-reply.ts';

/** Call before any route is added. */
export async function describeApi(
  app: FastifyInstance,
  options: { version: string },
): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'caption-queue',
        version: options.version,
        description:
          'Upload a photo, get a sentence that describes it. Every error is an RFC 9457 problem with a stable `code`; every answer carries `X-Request-Id`.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      tags: [
        { name: 'captions', description: 'Pictures in, sentences out.' },
        { name: 'operating', description: 'For whoever runs the service.' },
      ],
    },
  });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}

/** The `response` part of a route's schema for the problems that it answers on purpose. */
export function problemResponses(...codes: ProblemCode[]): Record<string, object> {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of codes) {
    const { status } = problems[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const responses = [...byStatus].map(([status, names]) => [
    String(status),
    {
      description: names.map((name) => `\`${name}\`: ${problems[name].title}.`).join(' '),
      content: { [PROBLEM_MEDIA_TYPE]: { schema: Problem } },
    },
  ]);
  return Object.fromEntries(responses);
}
