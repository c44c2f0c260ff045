// The model alone, without queue: encoder by engine and precision, decoder by engine and beam.
import { type Bundle, loadBundle } from '@caption-queue/model/bundle';
import { type CaptionRequest, createPictureCaptioner } from '@caption-queue/model/captioner';
import { createStepDecoder } from '@caption-queue/model/decoder';
import { createEncoder, type Encoder } from '@caption-queue/model/encoder';
import { createEngine } from '@caption-queue/model/engines/create-engine';
import type { Engine, EngineName, Precision } from '@caption-queue/model/engines/engine';
import { unpackGrid } from '@caption-queue/model/features';
import { generateCaptions } from '@caption-queue/model/generation/generate-captions';
import type { Row } from './table.ts';
import { timeInTurns } from './timing.ts';

/** Without TensorFlow its rows are left out. */
export async function benchEncoder(options: {
  model: string;
  pictures: Uint8Array[];
  threads: number[];
  rounds: number;
  tensorFlow: boolean;
}): Promise<Row[]> {
  const { pictures, rounds } = options;
  const bundle = await loadBundle(options.model);
  const setups: { engine: EngineName; precision: Precision; threads: number }[] =
    options.threads.flatMap((threads) => [
      { engine: 'onnx', precision: 'fp32', threads } as const,
      { engine: 'onnx', precision: 'int8', threads } as const,
    ]);
  // TensorFlow reads its number of threads once a process, so it is measured with one number only.
  const mostThreads = Math.max(...options.threads);
  if (options.tensorFlow) setups.push({ engine: 'tfjs', precision: 'fp32', threads: mostThreads });
  const encoders: Encoder[] = [];
  for (const { engine, precision, threads } of setups) {
    encoders.push(
      await createEncoder({ engine: await createEngine(engine, { threads }), bundle, precision }),
    );
  }
  const timings = await timeInTurns(
    encoders.map((encoder) => {
      let next = 0;
      return () => encoder.encode(pictures[next++ % pictures.length] as Uint8Array);
    }),
    rounds,
  );
  for (const encoder of encoders) await encoder.dispose();
  return setups.map((setup, i) => {
    const reference = setups.findIndex(
      ({ engine, precision, threads }) =>
        engine === 'onnx' && precision === 'fp32' && threads === setup.threads,
    );
    const medianMs = timings[i]?.medianMs as number;
    return {
      ...setup,
      'median ms': medianMs,
      'p95 ms': timings[i]?.p95Ms as number,
      'times as fast as onnx fp32': (timings[reference]?.medianMs as number) / medianMs,
    };
  });
}

export async function benchDecoder(options: {
  model: string;
  pictures: Uint8Array[];
  rounds: number;
  tensorFlow: boolean;
}): Promise<Row[]> {
  const bundle = await loadBundle(options.model);
  const features = await featuresOf(bundle, options.pictures);
  const engines: EngineName[] = options.tensorFlow ? ['onnx', 'tfjs'] : ['onnx'];
  const setups = [
    ...engines.flatMap((engine) => [1, 3, 5].map((beamWidth) => ({ engine, beamWidth }))),
    { engine: 'onnx' as const, beamWidth: 3, wordsAlone: true },
  ].map((setup) => ({ wordsAlone: false, ...setup }));
  const words: number[] = setups.map(() => 0);
  const runs: number[] = setups.map(() => 0);
  const candidates = await Promise.all(
    setups.map(async ({ engine: name, beamWidth, wordsAlone }, setup) => {
      const engine = await createEngine(name, { threads: 1 });
      const captionPicture = await captionerOf({ engine, bundle, wordsAlone });
      let next = 0;
      return async () => {
        const result = await captionPicture({
          features: features[next++ % features.length] as Uint8Array,
          options: { ...bundle.manifest.generation, beamWidth, alternatives: beamWidth },
        });
        words[setup] = (words[setup] as number) + result.words.length;
        runs[setup] = (runs[setup] as number) + 1;
      };
    }),
  );
  const timings = await timeInTurns(candidates, options.rounds);
  return setups.map(({ engine, beamWidth, wordsAlone }, i) => {
    const medianMs = timings[i]?.medianMs as number;
    const wordsPerCaption = (words[i] as number) / (runs[i] as number);
    return {
      engine,
      'beam width': beamWidth,
      'tags and confidence': wordsAlone ? 'no' : 'yes',
      'median ms per caption': medianMs,
      'p95 ms': timings[i]?.p95Ms as number,
      'words per caption': wordsPerCaption,
      'ms per word': medianMs / wordsPerCaption,
    };
  });
}

/** All that a worker says of a picture, or only the sentences, which costs what the decoder costs. */
async function captionerOf({
  engine,
  bundle,
  wordsAlone,
}: {
  engine: Engine;
  bundle: Bundle;
  wordsAlone: boolean;
}): Promise<(request: CaptionRequest) => Promise<{ words: unknown[] }>> {
  if (!wordsAlone) return (await createPictureCaptioner({ engine, bundle })).caption;
  const decoder = await createStepDecoder({ engine, bundle });
  const { vocabulary } = bundle;
  return ({ features, options }) =>
    generateCaptions({ decoder, vocabulary, grid: unpackGrid(features), options });
}

async function featuresOf(bundle: Bundle, pictures: Uint8Array[]): Promise<Uint8Array[]> {
  const encoder = await createEncoder({
    engine: await createEngine('onnx', { threads: 1 }),
    bundle,
  });
  const features: Uint8Array[] = [];
  for (const pixels of pictures) features.push(await encoder.encode(pixels));
  await encoder.dispose();
  return features;
}
