// One trace shows a caption's whole way: from the caller through the API and the queues to both workers.
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCaption } from '../support/api/api.ts';
import { useFolder } from '../support/folder.ts';
import { writeTinyBundle } from '../support/model/tiny-bundle.ts';
import { readPhoto } from '../support/pictures/pictures.ts';
import { type ServiceStack, startStack } from '../support/processes/service-stack.ts';
import { redisIsAvailable } from '../support/redis/redis.ts';
import { useWebServer } from '../support/web-server.ts';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER_SPAN = '00f067aa0ba902b7';

interface SentSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  service: string;
}

interface OtlpBody {
  resourceSpans: {
    resource: { attributes: { key: string; value: { stringValue?: string } }[] };
    scopeSpans: { spans: Omit<SentSpan, 'service'>[] }[];
  }[];
}

describe.skipIf(!redisIsAvailable)('tracing', () => {
  const spans: SentSpan[] = [];
  let stack: ServiceStack;
  const model = useFolder();
  const collector = useWebServer(async (request, response) => {
    const { resourceSpans } = (await json(request)) as OtlpBody;
    for (const { resource, scopeSpans } of resourceSpans) {
      const name = resource.attributes.find(({ key }) => key === 'service.name');
      const service = name?.value.stringValue ?? '';
      for (const scope of scopeSpans) {
        spans.push(...scope.spans.map((span) => ({ ...span, service })));
      }
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  beforeAll(() => writeTinyBundle({ directory: model }));
  afterAll(async () => {
    await stack?.stop();
  });

  it('takes the caller’s trace along the queues into both workers', async () => {
    stack = await startStack({
      model,
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_BSP_SCHEDULE_DELAY: '100',
      },
    });
    const posted = await fetch(`${stack.url}/v1/captions`, {
      method: 'POST',
      body: new Uint8Array(readPhoto('astronaut.jpg')),
      headers: { 'content-type': 'image/jpeg', traceparent: `00-${TRACE_ID}-${CALLER_SPAN}-01` },
    });
    const { id } = await readCaption(posted);
    expect(await stack.finished(id)).toMatchObject({ status: 'succeeded' });

    const inTrace = () => spans.filter(({ traceId }) => traceId === TRACE_ID);
    const find = (service: string, name: string) =>
      inTrace().find((span) => span.service === `caption-queue-${service}` && span.name === name);
    // Each process sends its spans when it sees fit.
    for (const [service, name] of [
      ['api', 'POST /v1/captions'],
      ['api', 'add image-encode.encode'],
      ['encoder-worker', 'process image-encode'],
      ['encoder-worker', 'add caption-decode.decode'],
      ['decoder-worker', 'process caption-decode'],
    ] as const) {
      await expect.poll(() => find(service, name), { timeout: 15_000 }).toBeDefined();
    }

    const request = find('api', 'POST /v1/captions');
    expect(request).toMatchObject({ parentSpanId: CALLER_SPAN });
    const added = find('api', 'add image-encode.encode');
    expect(added?.parentSpanId).toBe(request?.spanId);
    const encoded = find('encoder-worker', 'process image-encode');
    expect(encoded?.parentSpanId).toBe(added?.spanId);
    const handedOver = find('encoder-worker', 'add caption-decode.decode');
    expect(handedOver?.parentSpanId).toBe(encoded?.spanId);
    const decoded = find('decoder-worker', 'process caption-decode');
    expect(decoded?.parentSpanId).toBe(handedOver?.spanId);
  });

  it('sends neither probes nor the queues’ housekeeping', async () => {
    const before = spans.length;
    await fetch(`${stack.url}/livez`);
    await fetch(`${stack.url}/info`);
    await expect.poll(() => spans.slice(before).map(({ name }) => name)).toContain('GET /info');
    const roots = spans.filter(({ parentSpanId }) => !parentSpanId).map(({ name }) => name);
    expect(roots.filter((name) => !/^(GET|POST) /.test(name))).toEqual([]);
    expect(roots).not.toContain('GET /livez');
  });
});
