// All that the package offers.
export type {
  Caption,
  CaptionChoices,
  CaptionPage,
  CaptionRecord,
  CaptionStatus,
} from '@caption-queue/contract/caption';
export type { ErrorCode, Problem } from '@caption-queue/contract/errors';
export {
  type CaptionClient,
  type CreateOptions,
  createCaptionClient,
  type Picture,
} from './caption-client.ts';
export type { ClientEvent } from './event-stream.ts';
export { CaptionApiError, type RequesterOptions as ClientOptions } from './request.ts';
export { verifyWebhook, type WebhookEvent, WebhookVerificationError } from './verify-webhook.ts';
