// What a job of the delivery queue does: one attempt, when it is due and the receiver has room, and what follows.
import { type DisabledReason, TEST_EVENT_TYPE } from '@caption-queue/contract/webhooks';
import type { Logger } from '@caption-queue/runtime/logger';
import type { OutboundClient } from '../outbound/client.ts';
import { type AttemptResult, attemptDelivery } from './attempt.ts';
import type { WebhookDeliveries } from './deliveries.ts';
import type { DeliveryOutcome } from './delivery-queue.ts';
import type { DeliveryInWork } from './delivery-record.ts';
import type { DeliveryTarget, WebhookEndpoints } from './endpoints.ts';
import type { Lanes } from './lanes.ts';
import type { WebhookMetrics } from './metrics.ts';
import { type Clock, nextDelayMs } from './schedule.ts';

export interface DeliverOptions {
  endpoints: WebhookEndpoints;
  deliveries: WebhookDeliveries;
  lanes: Lanes;
  outbound: Pick<OutboundClient, 'post'>;
  clock: Clock;
  /** In [0, 1), for jitter. Default `Math.random`. */
  random?: (() => number) | undefined;
  /** Default 15 s. */
  timeoutMs?: number | undefined;
  metrics: WebhookMetrics;
  logger: Logger;
}

const OVER: DeliveryOutcome = { kind: 'over' };

/** @returns the processor of the delivery queue */
export function createDeliver(options: DeliverOptions) {
  const { endpoints, deliveries, lanes, outbound, clock, timeoutMs, metrics, logger } = options;
  const { random = Math.random } = options;

  async function targetOf({
    receiver,
    tenant,
  }: DeliveryInWork): Promise<DeliveryTarget | undefined> {
    if ('webhookId' in receiver) return endpoints.target(receiver.webhookId);
    const secret = await endpoints.tenantSecret(tenant);
    return { url: receiver.url, enabled: true, secrets: [secret] };
  }

  /** @returns why this has just disabled the endpoint, if it has */
  async function noteHealth(
    { receiver }: DeliveryInWork,
    { outcome, gone }: AttemptResult,
  ): Promise<DisabledReason | null> {
    if (!('webhookId' in receiver)) return null;
    const { webhookId } = receiver;
    const health = outcome === 'succeeded' ? 'success' : gone ? 'gone' : 'failure';
    const disabled = await endpoints.noteHealth(webhookId, health);
    if (disabled !== null) {
      metrics.disabled(disabled);
      logger.warn({ webhookId, reason: disabled }, 'a webhook was disabled');
    }
    return disabled;
  }

  async function settle(delivery: DeliveryInWork, result: AttemptResult): Promise<DeliveryOutcome> {
    const { outcome, attempt, gone, retryAfter } = result;
    const { id, type, tries } = delivery;
    metrics.attempted(outcome, attempt.latency_ms);
    logger.info(
      { deliveryId: id, type, outcome, status: attempt.status, latencyMs: attempt.latency_ms },
      'webhook attempt',
    );
    const disabled = await noteHealth(delivery, result);
    const isLast = outcome === 'succeeded' || gone || disabled !== null || type === TEST_EVENT_TYPE;
    const nowMs = clock.now();
    const delayMs = isLast
      ? undefined
      : nextDelayMs({ tries: tries + 1, retryAfter, nowMs, random });
    if (delayMs !== undefined) {
      const nextAttemptAtMs = nowMs + delayMs;
      await deliveries.record(delivery, { attempt, status: 'pending', nextAttemptAtMs });
      return { kind: 'later', delayMs };
    }
    const status = outcome === 'succeeded' ? 'succeeded' : 'failed';
    await deliveries.record(delivery, { attempt, status });
    metrics.ended(status);
    return OVER;
  }

  return async function deliver(
    { deliveryId, round }: { deliveryId: string; round: number },
    signal: AbortSignal,
  ): Promise<DeliveryOutcome> {
    const delivery = await deliveries.read(deliveryId);
    if (delivery === undefined || delivery.status !== 'pending' || delivery.round !== round) {
      return OVER;
    }
    const dueInMs = delivery.nextAttemptAtMs - clock.now();
    if (dueInMs > 0) return { kind: 'later', delayMs: dueInMs };

    const target = await targetOf(delivery);
    if (target === undefined) {
      await deliveries.drop(delivery);
      return OVER;
    }
    if (!target.enabled) {
      await deliveries.record(delivery, { attempt: undefined, status: 'failed' });
      metrics.ended('failed');
      return OVER;
    }

    const lease = await lanes.acquire(delivery.lane);
    if ('waitMs' in lease) return { kind: 'later', delayMs: lease.waitMs };
    let result: AttemptResult;
    try {
      result = await attemptDelivery({ delivery, target, outbound, clock, signal, timeoutMs });
    } catch (error) {
      await lease.release();
      throw error;
    }
    const { outcome, attempt } = result;
    await lease.release({ failed: outcome !== 'succeeded', latencyMs: attempt.latency_ms });
    return settle(delivery, result);
  };
}
