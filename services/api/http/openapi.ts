// `/openapi.json`: the description of this API, made from the same schemas that check requests.
import { type ErrorCode, Problem } from '@caption-queue/contract/errors';
import swagger from '@fastify/swagger';
import type { FastifyInstance, RouteOptions } from 'fastify';
import type Type from 'typebox';
import { READING_METHODS } from '../access/own-site.ts';
import { PROBLEM_MEDIA_TYPE, problems } from './problems.ts';

/** What any route that asks for a key may answer before its own code runs. */
const accessProblems: ErrorCode[] = [
  'unauthorized',
  'insufficient_scope',
  'foreign_host',
  'foreign_origin',
  'rate_limited',
  'redis_unavailable',
];

/** Call before any route is added. */
export async function describeApi(
  app: FastifyInstance,
  options: { version: string },
): Promise<void> {
  app.addHook('onRoute', describeAccess);
  await app.register(swagger, {
    transformObject: (document) => describeFiles(document as { openapiObject: OpenApi }),
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'caption-queue',
        version: options.version,
        description:
          'Upload a photo, get a sentence that describes it. Every error is an RFC 9457 problem with a stable `code`; every answer carries `X-Request-Id`. What is no request to any operation is answered alike everywhere, and listed with none: 400 `bad_request` (no valid HTTP, no valid address, no `Host`), 404 `not_found`, 405 `method_not_allowed`, 408 `request_timeout`, 431 `headers_too_large`. Not listed are the addresses of the drop-ins for OpenAI, Ollama and Hugging Face (`/v1/chat/completions`, `/v1/models`, `/api/…`, `/models/…`): their makers describe them.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: {
        securitySchemes: {
          key: {
            type: 'http',
            scheme: 'bearer',
            description:
              'An API key, `cq_<id>_<secret>`; each operation names the scope it needs. Basic with the key as password works too, and so does the header `X-API-Key`. A service with `AUTH=none` asks nobody for one.',
          },
        },
      },
      tags: [
        { name: 'captions', description: 'Pictures in, sentences out.' },
        { name: 'webhooks', description: 'Being told instead of asking.' },
        {
          name: 'max',
          description: 'Drop-in for IBM’s MAX Image Caption Generator; errors have its shape.',
        },
        { name: 'operating', description: 'For whoever runs the service.' },
      ],
    },
  });
  app.get('/openapi.json', { config: { scope: 'public' }, schema: { hide: true } }, async () =>
    app.swagger(),
  );
}

/** Adds what the route's `config` says of keys to its description. */
function describeAccess(route: RouteOptions): void {
  const { schema, config } = route;
  if (schema === undefined || schema.hide === true) return;
  const scope = config?.scope ?? 'admin';
  if (scope === 'public') {
    route.schema = { ...schema, security: [] };
    return;
  }
  const response = { ...(schema.response as Record<string, { description?: string }>) };
  const reads = READING_METHODS.has(String(route.method));
  const possible = accessProblems.filter((code) => !(reads && code === 'foreign_origin'));
  for (const [status, extra] of Object.entries(problemResponses(...possible))) {
    const known = response[status]?.description ?? '';
    const codes = possible.filter(
      (code) => String(problems[code].status) === status && !known.includes(`\`${code}\``),
    );
    const description = [known, ...codes.map(describeProblem)].filter(Boolean).join(' ');
    response[status] = { ...extra, ...response[status], description };
  }
  route.schema = { ...schema, security: [{ key: [scope] }], response };
}

/** The parts of the document that are changed afterwards. */
interface OpenApi {
  paths?: Record<string, Record<string, { requestBody?: { content?: Record<string, Media> } }>>;
}
interface Media {
  schema?: BytesSchema & { properties?: Record<string, BytesSchema> };
  encoding?: Record<string, { contentType: string }>;
}
interface BytesSchema {
  contentMediaType?: string;
  type?: string;
  format?: string;
  items?: BytesSchema;
}

/**
 * Bytes in a body, as tools know them: `format: binary`, and in a form which types a part may have. The schemas
 * themselves don't say so, because they check buffers and not text.
 */
function describeFiles({ openapiObject }: { openapiObject: OpenApi }): OpenApi {
  const operations = Object.values(openapiObject.paths ?? {}).flatMap((path) =>
    Object.values(path),
  );
  for (const { requestBody } of operations) {
    for (const media of Object.values(requestBody?.content ?? {})) {
      markBytes(media.schema);
      for (const [name, property] of Object.entries(media.schema?.properties ?? {})) {
        if (!markBytes(property) && !markBytes(property.items)) continue;
        media.encoding = { ...media.encoding, [name]: { contentType: PICTURE_TYPES } };
      }
    }
  }
  return openapiObject;
}

function markBytes(schema: BytesSchema | undefined): boolean {
  if (schema?.contentMediaType !== 'application/octet-stream') return false;
  Object.assign(schema, { type: 'string', format: 'binary' });
  return true;
}

/** Those that every form takes; a field's description names others. */
const PICTURE_TYPES = 'image/png, image/jpeg';

const describeProblem = (code: ErrorCode) => `\`${code}\`: ${problems[code].title}.`;

/** One answer of a route's schema, with a JSON body. */
export const jsonResponse = (description: string, schema: Type.TSchema) => ({
  description,
  content: { 'application/json': { schema } },
});

/** The `response` part of a route's schema for the problems that it answers on purpose. */
export function problemResponses(...codes: ErrorCode[]): Record<string, object> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { status } = problems[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const responses = [...byStatus].map(([status, names]) => [
    String(status),
    {
      description: names.map(describeProblem).join(' '),
      content: { [PROBLEM_MEDIA_TYPE]: { schema: Problem } },
    },
  ]);
  return Object.fromEntries(responses);
}
