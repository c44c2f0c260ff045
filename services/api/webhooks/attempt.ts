// One attempt to deliver: signs the body, posts it, and judges the answer.
import { DomainError } from '@caption-queue/contract/errors';
import type { WebhookAttempt } from '@caption-queue/contract/webhooks';
import type { OutboundClient } from '../outbound/client.ts';
import { ExchangeError } from '../outbound/exchange.ts';
import type { DeliveryInWork } from './delivery-record.ts';
import type { DeliveryTarget } from './endpoints.ts';
import type { AttemptOutcome } from './metrics.ts';
import type { Clock } from './schedule.ts';
import { signatureHeaders } from './signature.ts';

const TIMEOUT_MS = 15_000;
const GONE = 410;

export interface AttemptResult {
  outcome: AttemptOutcome;
  attempt: WebhookAttempt;
  /** It answered 410: it never wants to hear of this again. */
  gone: boolean;
  retryAfter: string | undefined;
}

/**
 * @param options.timeoutMs default 15 s
 * @throws the signal's reason
 */
export async function attemptDelivery(options: {
  delivery: DeliveryInWork;
  target: DeliveryTarget;
  outbound: Pick<OutboundClient, 'post'>;
  clock: Clock;
  signal: AbortSignal;
  timeoutMs?: number | undefined;
}): Promise<AttemptResult> {
  const { delivery, target, outbound, clock, signal, timeoutMs = TIMEOUT_MS } = options;
  const { id, body } = delivery;
  const atMs = clock.now();
  const begin = performance.now();
  const headers = signatureHeaders({ id, timestampMs: atMs, body, secrets: target.secrets });
  const result = (
    outcome: AttemptOutcome,
    answer: { status: number | null; response: string; error: string | null },
    more: Partial<AttemptResult> = {},
  ): AttemptResult => ({
    outcome,
    gone: false,
    retryAfter: undefined,
    ...more,
    attempt: {
      at: new Date(atMs).toISOString(),
      latency_ms: Math.round(performance.now() - begin),
      ...answer,
    },
  });
  try {
    const {
      status,
      excerpt: response,
      retryAfter,
    } = await outbound.post(target.url, {
      headers,
      body,
      timeoutMs,
      signal,
    });
    if (status >= 200 && status < 300) {
      return result('succeeded', { status, response, error: null });
    }
    const error = `The receiver answered ${status}; only 2xx counts.`;
    return result('rejected', { status, response, error }, { gone: status === GONE, retryAfter });
  } catch (error) {
    signal.throwIfAborted();
    const isRefused = error instanceof DomainError;
    if (!isRefused && !(error instanceof ExchangeError)) throw error;
    return result(isRefused ? 'refused' : 'unanswered', {
      status: null,
      response: '',
      error: error.message,
    });
  }
}
