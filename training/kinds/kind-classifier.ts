// Learns from pooled features what kind of picture it is. Kinds but photos, and within them sources, count alike, however
// many pictures there are of each: a thousand icons of one set are one way to draw.
import { type PictureKind, pictureKinds } from '@caption-queue/contract/kind';
import type { LayersModel } from '@caption-queue/model/layers-model/layers-model';
import { fitLinear, linearModel } from '../fit/linear-classifier.ts';
import type { TensorFlow } from '../fit/tensorflow-types.ts';
import type { Random } from '../random.ts';

const EPOCHS = 30;
const RATE = 1e-3;
/** A weaker one knows its sources better, and photos of yet another source worse. */
const RIDGE = 0.05;
/** Photos differ more than any other kind: so many times oftener they are drawn. */
const PHOTO_SHARE = 3;
/** Log-odds in favour of a photo: one that is taken for something else loses its caption. */
const PHOTO_BIAS = 0.75;

export interface KindExample {
  kind: PictureKind;
  source: string;
}

/** @param pooled features of the examples, `[N, 2048]` */
export function trainKindClassifier(
  tf: TensorFlow,
  { pooled, examples }: { pooled: Float32Array; examples: readonly KindExample[] },
): LayersModel {
  const targets = new Float32Array(examples.length * pictureKinds.length);
  examples.forEach(({ kind }, n) => {
    targets[n * pictureKinds.length + pictureKinds.indexOf(kind)] = 1;
  });
  const { kernel, bias } = fitLinear(tf, {
    pooled,
    targets,
    classes: pictureKinds.length,
    activation: 'softmax',
    epochs: EPOCHS,
    rate: RATE,
    ridge: RIDGE,
    draw: createDraw(examples),
  });
  const inFavour = (value: number, kind: number) =>
    value + (pictureKinds[kind] === 'photo' ? PHOTO_BIAS : 0);
  return linearModel('kind-classifier', { kernel, bias: bias.map(inFavour) }, 'softmax');
}

/** A kind, then a source of it (a large one somewhat oftener), then a picture of that, each at random. */
function createDraw(examples: readonly KindExample[]): (random: Random) => number {
  const bySource = new Map<string, number[]>();
  examples.forEach(({ kind, source }, n) => {
    const key = `${kind} ${source}`;
    const members = bySource.get(key);
    if (members) members.push(n);
    else bySource.set(key, [n]);
  });
  const kinds = pictureKinds.flatMap((kind) => {
    let total = 0;
    const sources: { members: number[]; from: number }[] = [];
    for (const [key, members] of bySource) {
      if (!key.startsWith(`${kind} `)) continue;
      sources.push({ members, from: total });
      total += Math.sqrt(members.length);
    }
    const times = kind === 'photo' ? PHOTO_SHARE : 1;
    return sources.length === 0 ? [] : Array.from({ length: times }, () => ({ sources, total }));
  });
  return (random) => {
    const { sources, total } = kinds[random.integer(kinds.length)] as (typeof kinds)[number];
    const at = random.next() * total;
    const { members } = sources.findLast(({ from }) => from <= at) as (typeof sources)[number];
    return members[random.integer(members.length)] as number;
  };
}
