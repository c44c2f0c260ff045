// Random histories of a few captions, with dying processes and a dying Redis, against a model: none is ever lost,
// finished twice or brought back; and whatever has happened, every one can still be brought to an end.
import type { DecodeClaim, EncodeClaim } from '@caption-queue/captions/claim-outcome';
import type { WorkStore } from '@caption-queue/captions/store';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fakeFeatures } from '../support/pipeline/pipeline.ts';
import { redisIsAvailable } from '../support/redis/redis.ts';
import { useRedis } from '../support/redis/use-redis.ts';
import { seed } from './harness/seed.ts';
import { settings } from './harness/settings.ts';
import { checkInvariants } from './state-machine/check-invariants.ts';
import { steps } from './state-machine/commands.ts';
import type { Model } from './state-machine/model.ts';
import * as model from './state-machine/model.ts';
import { createReal, type Real } from './state-machine/real.ts';

const MOST_STEPS = 60;

describe.skipIf(!redisIsAvailable)('a caption’s state machine', () => {
  const server = useRedis();

  it(`keeps to its model in ${settings.histories} histories`, {
    timeout: settings.timeoutMs,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.commands(steps, { maxCommands: MOST_STEPS, size: 'max' }),
        async (commands) => {
          const real = await createReal(server);
          const history: Model = { captions: [], held: [] };
          try {
            await fc.asyncModelRun(() => ({ model: history, real }), commands);
            await finishAll(history, real);
          } finally {
            await real.close();
          }
        },
      ),
      // Not made smaller: the history is printed, and its seed repeats it.
      { seed, numRuns: settings.histories, endOnFailure: true },
    );
  });
});

/** What the reconciler and healthy workers do with what is left, as long as it takes. */
async function finishAll(history: Model, { side }: Real): Promise<void> {
  const { store, queues } = side;
  for (const caption of history.captions) {
    while (model.isInWork(caption)) {
      const { id: captionId, stage, dispatch } = caption;
      const job = { captionId, stage, dispatch };
      if (!(await queues.isPending(job))) {
        expect(await store.redispatch(job)).toBe(model.redispatch(caption, job));
        if (model.isInWork(caption)) {
          expect(await queues.isPending({ ...job, dispatch: caption.dispatch })).toBe(true);
        }
        continue;
      }
      const outcome = await store.claim({ ...job, bundleHash: model.bundleHash });
      expect(outcome.kind).toBe(model.claim(caption, job));
      if (outcome.kind !== 'claimed') continue;
      await finishStage(store, caption, outcome.claim as EncodeClaim | DecodeClaim);
    }
  }
  await checkInvariants(history, side);
}

async function finishStage(
  store: WorkStore,
  caption: model.CaptionModel,
  claim: EncodeClaim | DecodeClaim,
): Promise<void> {
  if (claim.stage === 'encode') {
    const features = fakeFeatures(claim.pixels);
    const rest = { featureCache: 'miss', encodeMs: 1, bundleHash: model.bundleHash } as const;
    await store.handOver({ claim, features, ...rest });
    model.handOver(caption);
  } else {
    expect(claim.features[0]).toBe(caption.value);
    const { output } = model;
    await store.succeed({
      claim,
      events: [],
      output,
      decodeMs: 1,
      model: { name: 'm', version: '1' },
    });
    caption.status = 'succeeded';
  }
}
