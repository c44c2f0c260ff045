// What clients, workers, the reconciler and fate may do to captions, in any order: commands for the model and the store.
import {
  ClaimLostError,
  type DecodeClaim,
  type EncodeClaim,
} from '@caption-queue/captions/claim-outcome';
import fc, { type AsyncCommand } from 'fast-check';
import { expect } from 'vitest';
import {
  defaultOptions,
  fakeFeatures,
  fakeInput,
  flatPixels,
} from '../../support/pipeline/pipeline.ts';
import { checkInvariants } from './check-invariants.ts';
import type { CaptionModel, Held, Model } from './model.ts';
import * as model from './model.ts';
import type { Real } from './real.ts';

/** Few, so that things happen to the same one. */
const MOST_CAPTIONS = 3;
const stopped = { code: 'stage_failed', detail: 'The model could not.' } as const;

type Step = AsyncCommand<Model, Real>;

function step(
  name: string,
  check: (m: Readonly<Model>) => boolean,
  run: (m: Model, real: Real) => Promise<void>,
): Step {
  return {
    check,
    async run(m, real) {
      await run(m, real);
      await checkInvariants(m, real.side);
    },
    toString: () => name,
  };
}

const at = <T>(list: readonly T[], n: number): T => list[n % list.length] as T;
const anyCaption = (m: Readonly<Model>) => m.captions.length > 0;
const anyHeld = (m: Readonly<Model>) => m.held.length > 0;

/** A worker's write counts exactly when its claim does. @returns did it? */
async function write(held: Held, call: () => Promise<void>): Promise<boolean> {
  const counts = model.isHeld(held);
  if (counts) await call();
  else await expect(call()).rejects.toThrow(ClaimLostError);
  return counts;
}

/** `dies`: the API dies between the record and its job; the client repeats the request. */
const create = (value: number, dies: boolean): Step =>
  step(
    `create ${value}${dies ? ', die, repeat' : ''}`,
    (m) => m.captions.length < MOST_CAPTIONS,
    async (m, { side, dyingStore }) => {
      const key = `key-${m.captions.length}`;
      const upload = {
        tenant: 'default',
        input: fakeInput,
        options: defaultOptions,
        pixels: flatPixels(value),
        idempotency: { key, requestHash: String(value) },
      };
      if (dies) await expect(dyingStore.create(upload)).rejects.toThrow('died');
      const { id } = await side.store.create(upload);
      m.captions.push(model.newCaption({ id, key, value }));
    },
  );

const repeat = (n: number): Step =>
  step(`repeat #${n}`, anyCaption, async (m, { side }) => {
    const { id, key, value, deleted } = at(m.captions, n);
    const again = side.store.findRepeated({ tenant: 'default', key, requestHash: String(value) });
    if (deleted) await expect(again).rejects.toMatchObject({ code: 'caption_gone' });
    else expect(await again).toMatchObject({ id });
  });

/** `late` jobs are those of the dispatch before. */
const claim = (n: number, stage: 'encode' | 'decode' | 'own', late: boolean): Step =>
  step(`claim #${n} ${stage}${late ? ' late' : ''}`, anyCaption, async (m, { side }) => {
    const caption = at(m.captions, n);
    const asked = {
      stage: stage === 'own' ? caption.stage : stage,
      dispatch: caption.dispatch - Number(late),
    };
    const { bundleHash } = model;
    const outcome = await side.store.claim({ captionId: caption.id, ...asked, bundleHash });
    expect(outcome.kind).toBe(model.claim(caption, asked));
    if (outcome.kind !== 'claimed') return;
    expect(outcome.claim.fence).toBe(caption.fence);
    m.held.push({ caption, claim: outcome.claim as EncodeClaim | DecodeClaim });
  });

/** `dies`: the encoder dies between the features and the next job. */
const handOver = (n: number, dies: boolean): Step =>
  step(
    `hand over ${n}${dies ? ', die' : ''}`,
    (m) => m.held.some(({ claim }) => claim.stage === 'encode'),
    async (m, { side, dyingStore }) => {
      const held = at(
        m.held.filter((one) => one.claim.stage === 'encode'),
        n,
      );
      const claim = held.claim as EncodeClaim;
      expect(claim.pixels[0]).toBe(held.caption.value);
      const features = fakeFeatures(claim.pixels);
      const rest = { featureCache: 'miss', encodeMs: 1, bundleHash: model.bundleHash } as const;
      const counts = await write(held, async () => {
        const store = dies ? dyingStore : side.store;
        const handing = store.handOver({ claim, features, ...rest });
        if (dies && model.isHeld(held)) await expect(handing).rejects.toThrow('died');
        else await handing;
      });
      if (counts) model.handOver(held.caption);
    },
  );

const word = { type: 'word', data: { index: 0, text: 'a', log_prob: -1 } } as const;

const appendWord = (n: number): Step =>
  step(
    `append word ${n}`,
    (m) => m.held.some(({ claim }) => claim.stage === 'decode'),
    async (m, { side }) => {
      const held = at(
        m.held.filter((one) => one.claim.stage === 'decode'),
        n,
      );
      const claim = held.claim as DecodeClaim;
      expect(claim.features[0]).toBe(held.caption.value);
      const appending = () => side.store.appendEvents({ claim, events: [word] });
      if (await write(held, appending)) held.caption.words += 1;
    },
  );

const succeed = (n: number): Step =>
  step(
    `succeed ${n}`,
    (m) => m.held.some(({ claim }) => claim.stage === 'decode'),
    async (m, { side }) => {
      const held = at(
        m.held.filter((one) => one.claim.stage === 'decode'),
        n,
      );
      const claim = held.claim as DecodeClaim;
      const success = {
        claim,
        events: [word],
        output: model.output,
        decodeMs: 1,
        model: { name: 'm', version: '1' },
      };
      if (await write(held, () => side.store.succeed(success))) {
        held.caption.status = 'succeeded';
        held.caption.words += 1;
      }
    },
  );

const fail = (n: number): Step =>
  step(`fail ${n}`, anyHeld, async (m, { side }) => {
    const held = at(m.held, n);
    const failing = () => side.store.fail({ claim: held.claim, error: stopped });
    if (await write(held, failing)) held.caption.status = 'failed';
  });

/** A lost claim is given back without effect. */
const release = (n: number): Step =>
  step(`release ${n}`, anyHeld, async (m, { side }) => {
    const held = at(m.held, n);
    await side.store.release(held.claim);
    if (model.isHeld(held)) model.release(held);
  });

const redispatch = (n: number, late: boolean): Step =>
  step(`redispatch #${n}${late ? ' late' : ''}`, anyCaption, async (m, { side }) => {
    const caption: CaptionModel = at(m.captions, n);
    const seen = { stage: caption.stage, dispatch: caption.dispatch - Number(late) };
    const revival = await side.store.redispatch({ captionId: caption.id, ...seen });
    expect(revival).toBe(model.redispatch(caption, seen));
  });

const restart = (n: number, late: boolean): Step =>
  step(`restart #${n}${late ? ' late' : ''}`, anyCaption, async (m, { side }) => {
    const caption = at(m.captions, n);
    const dispatch = caption.dispatch - Number(late);
    const revival = await side.store.restart({ captionId: caption.id, dispatch });
    expect(revival).toBe(model.restart(caption, dispatch));
  });

const cancel = (n: number): Step =>
  step(`cancel #${n}`, anyCaption, async (m, { side }) => {
    const caption = at(m.captions, n);
    const { kind } = await side.store.cancel({ captionId: caption.id, tenant: 'default' });
    const inWork = model.isInWork(caption);
    expect(kind).toBe(caption.deleted ? 'absent' : inWork ? 'canceled' : 'ended');
    if (inWork) caption.status = 'canceled';
  });

const remove = (n: number): Step =>
  step(`delete #${n}`, anyCaption, async (m, { side }) => {
    const caption = at(m.captions, n);
    const own = { captionId: caption.id, tenant: 'default' };
    expect(await side.store.delete(own)).toBe(!caption.deleted);
    caption.deleted = true;
  });

const killRedis: Step = step('kill Redis', anyCaption, (_m, real) => real.killRedis());

const n = fc.nat({ max: 7 });
const seldom = fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true));
const weighted = (weight: number, arbitrary: fc.Arbitrary<Step>) =>
  Array.from({ length: weight }, () => arbitrary);
const stage = fc.oneof(
  { weight: 6, arbitrary: fc.constant('own' as const) },
  fc.constantFrom('encode' as const, 'decode' as const),
);

/** In proportions in which captions get to every state, and often enough to their last claim. */
export const steps: fc.Arbitrary<Step>[] = [
  ...weighted(
    4,
    fc.tuple(fc.integer({ min: 1, max: 9 }), seldom).map((of) => create(...of)),
  ),
  ...weighted(
    12,
    fc.tuple(n, stage, seldom).map((of) => claim(...of)),
  ),
  ...weighted(
    3,
    fc.tuple(n, seldom).map((of) => handOver(...of)),
  ),
  ...weighted(2, n.map(appendWord)),
  ...weighted(1, n.map(succeed)),
  ...weighted(1, n.map(fail)),
  ...weighted(2, n.map(release)),
  ...weighted(
    3,
    fc.tuple(n, seldom).map((of) => redispatch(...of)),
  ),
  ...weighted(
    2,
    fc.tuple(n, seldom).map((of) => restart(...of)),
  ),
  ...weighted(1, n.map(repeat)),
  ...weighted(1, n.map(cancel)),
  ...weighted(1, n.map(remove)),
  ...weighted(1, fc.constant(killRedis)),
];
