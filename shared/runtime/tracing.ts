// Traces for OpenTelemetry, where an endpoint is configured; else nothing of it is even loaded.
import Type from 'typebox';

/** `OTEL_EXPORTER_OTLP_ENDPOINT` and `OTEL_TRACES_SAMPLER_ARG`, for a service's settings. */
export const tracingSettings = {
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(
    Type.String({
      pattern: '^https?://',
      description:
        'Where traces go, as OTLP over HTTP, e.g. http://collector:4318. Unset: none are made',
    }),
  ),
  OTEL_TRACES_SAMPLER_ARG: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 1,
    description: 'Share of new traces that are kept; one that a caller began is kept as it says',
  }),
};

export interface TracingSettings {
  OTEL_EXPORTER_OTLP_ENDPOINT?: string;
  OTEL_TRACES_SAMPLER_ARG: number;
}

export interface Tracing {
  /** Sends what is left. */
  stop(): Promise<void>;
}

/**
 * Starts the SDK of this process: context over asynchronous calls, W3C `traceparent`, spans sent in batches. Further
 * `OTEL_` variables (headers, timeouts, batches) are read by the SDK itself.
 *
 * @param options.service `service.name` of its spans, e.g. `caption-queue-api`
 * @returns undefined when no endpoint is configured
 */
export async function startTracing(options: {
  service: string;
  version: string;
  settings: TracingSettings;
}): Promise<Tracing | undefined> {
  const { service, version, settings } = options;
  if (settings.OTEL_EXPORTER_OTLP_ENDPOINT === undefined) return undefined;
  const [api, sdk, { OTLPTraceExporter }, { resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace-node'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ]);
  const kept = new sdk.TraceIdRatioBasedSampler(settings.OTEL_TRACES_SAMPLER_ARG);
  const provider = new sdk.NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'service.version': version }),
    sampler: new sdk.ParentBasedSampler({
      root: {
        // BullMQ's housekeeping, which belongs to no request.
        shouldSample: (context, traceId, _name, kind) =>
          kind === api.SpanKind.INTERNAL
            ? { decision: sdk.SamplingDecision.NOT_RECORD }
            : kept.shouldSample(context, traceId),
        toString: () => `requests and jobs, ${kept}`,
      },
    }),
    spanProcessors: [new sdk.BatchSpanProcessor(new OTLPTraceExporter())],
  });
  provider.register();
  return { stop: () => provider.shutdown() };
}
