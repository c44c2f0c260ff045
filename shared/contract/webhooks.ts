// Webhooks: what is told to whom, and how it went. Headers and signatures follow Standard Webhooks 1.0.0.
import Type from 'typebox';

export const webhookEventTypes = [
  'caption.succeeded',
  'caption.failed',
  'caption.canceled',
  'caption.expired',
  'batch.completed',
] as const;
export const WebhookEventType = Type.Enum(webhookEventTypes, {
  description: 'What happened; `data` is the caption or the batch as it was at that moment.',
});
export type WebhookEventType = Type.Static<typeof WebhookEventType>;

/** Sent on request alone, so that a receiver can be tried. */
export const TEST_EVENT_TYPE = 'webhook.test';

/** Larger bodies are refused by common receivers. */
export const MAX_WEBHOOK_BODY_BYTES = 20_000;

export const WebhookId = Type.String({
  pattern: '^we_[0-9a-f]{32}$',
  description: 'Id of an endpoint.',
});
export const DeliveryId = Type.String({
  pattern: '^msg_[0-9a-f]{32}$',
  description: 'Id of a delivery: the header `webhook-id`, the same over all its attempts.',
});

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const timestamp = (description: string) => Type.String({ format: 'date-time', description });

/** What a client may choose of an endpoint. */
export const WebhookChoices = Type.Object(
  {
    url: Type.String({
      format: 'http-url',
      description: 'Where events are posted to; https, a public address.',
    }),
    events: Type.Array(WebhookEventType, {
      minItems: 1,
      maxItems: webhookEventTypes.length,
      uniqueItems: true,
      description: 'Which events it is told of. Default: all.',
    }),
    description: Type.String({ maxLength: 200, description: 'For people.' }),
  },
  { additionalProperties: false },
);
export type WebhookChoices = Type.Static<typeof WebhookChoices>;

export const Webhook = Type.Object({
  id: WebhookId,
  ...WebhookChoices.properties,
  enabled: Type.Boolean({ description: 'Nothing is sent while this is false.' }),
  disabled_reason: nullable(
    Type.Enum(['requested', 'gone', 'failing'], {
      description: '`gone`: it answered 410. `failing`: nothing but failures for five days.',
    }),
  ),
  failing_since: nullable(timestamp('First failure since the last success.')),
  created_at: timestamp('When it was created.'),
});
export type Webhook = Type.Static<typeof Webhook>;
export type DisabledReason = NonNullable<Webhook['disabled_reason']>;

export const WebhookSecret = Type.String({
  pattern: '^whsec_[A-Za-z0-9+/]+={0,2}$',
  description: 'Signs what is sent. Keep it where only the receiver can read it.',
});

export const WebhookAttempt = Type.Object({
  at: timestamp('When it began.'),
  status: nullable(Type.Integer({ description: 'Of the answer; null when none came.' })),
  latency_ms: Type.Integer({ minimum: 0 }),
  response: Type.String({ description: 'The first bytes of the answer.' }),
  error: nullable(Type.String({ description: 'Why it failed; null when it succeeded.' })),
});
export type WebhookAttempt = Type.Static<typeof WebhookAttempt>;

export const WebhookDelivery = Type.Object({
  id: DeliveryId,
  type: Type.String({ description: 'Of the event.' }),
  status: Type.Enum(['pending', 'succeeded', 'failed']),
  created_at: timestamp('When the event happened.'),
  completed_at: nullable(timestamp('When it was received or given up.')),
  next_attempt_at: nullable(timestamp('When it is tried next; null when it ended.')),
  attempts: Type.Array(WebhookAttempt, { description: 'Oldest first; of many, the last 50.' }),
});
export type WebhookDelivery = Type.Static<typeof WebhookDelivery>;
