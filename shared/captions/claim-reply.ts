// What the claim script answered → what a worker may do.
import type {
  CaptionInput,
  CaptionOptions,
  Priority,
  Stage,
} from '@caption-queue/contract/caption';
import { toUint16Array } from '@caption-queue/redis/bytes';
import type { ScriptReply } from '@caption-queue/redis/script';
import type { ClaimOf, ClaimOutcome } from './claim-outcome.ts';

/** Reads the answer of `CLAIM` (scripts/transitions.ts) for this job. */
export function parseClaim<S extends Stage>(
  reply: ScriptReply,
  job: { captionId: string; stage: S; dispatch: number },
): ClaimOutcome<S> {
  const kind = reply.text(0);
  switch (kind) {
    case 'claimed': {
      const claim = {
        ...job,
        fence: reply.number(1),
        claims: reply.number(2),
        options: JSON.parse(reply.text(3)) as CaptionOptions,
        createdAt: new Date(reply.number(4)),
        waitedMs: reply.number(5),
        ...workOf(job.stage, reply),
      };
      return { kind, claim: claim as unknown as ClaimOf<S> };
    }
    case 'handed-over':
      return { kind, dispatch: reply.number(1), priority: reply.text(2) as Priority };
    case 'features-lost':
      return { kind, dispatch: reply.number(1) };
    case 'other-bundle':
      return { kind, bundleHash: reply.text(1), first: reply.number(2) === 1 };
    case 'gone':
    case 'ended':
    case 'stale':
    case 'exhausted':
    case 'pixels-lost':
      return { kind };
    default:
      throw new Error(`A claim was answered with ${kind}.`);
  }
}

/** What the stage works on. */
function workOf(stage: Stage, reply: ScriptReply): object {
  const bytes = reply.bytes(7);
  if (stage === 'fetching') return { url: bytes.toString() };
  const { sha256: pixelsHash } = JSON.parse(reply.text(8)) as CaptionInput;
  if (stage === 'encode') return { pixelsHash, pixels: new Uint8Array(bytes) };
  return { pixelsHash, bundleHash: reply.text(6), features: toUint16Array(bytes) };
}
