// One caption by its id, for its own tenant: everyone else hears that there is none.

import type { CaptionReader } from '@caption-queue/captions/read';
import type { StoredCaption } from '@caption-queue/captions/record';
import { CaptionId } from '@caption-queue/contract/caption';
import { DomainError, type ErrorCode } from '@caption-queue/contract/errors';
import Type from 'typebox';

export const CaptionParams = Type.Object({ id: CaptionId });
export type CaptionParams = Type.Static<typeof CaptionParams>;

/** What `readOwn` may answer, for a route's schema. */
export const ownCaptionProblems = [
  'validation_failed',
  'foreign_host',
  'not_found',
  'caption_gone',
  'redis_unavailable',
] as const satisfies ErrorCode[];

/** @throws DomainError `not_found`, `caption_gone`, `redis_unavailable` */
export async function readOwn(
  store: CaptionReader,
  { id, tenant }: { id: string; tenant: string },
): Promise<StoredCaption> {
  const record = await store.get(id);
  if (record?.tenant === tenant) return record;
  throw await whyAbsent(store, { id, tenant });
}

/** Why there is no such caption of this tenant: it was deleted, or it never was. */
export async function whyAbsent(
  store: Pick<CaptionReader, 'wasDeleted'>,
  { id, tenant }: { id: string; tenant: string },
): Promise<DomainError> {
  if (await store.wasDeleted({ captionId: id, tenant })) {
    const detail = `The caption ${id} was deleted, on request or because its time was over.`;
    return new DomainError('caption_gone', detail);
  }
  return new DomainError('not_found', `There is no caption ${id}.`);
}
