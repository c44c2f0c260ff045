// `evaluate`: captions the dev split with a bundle and scores the captions against what people wrote.
import { writeFile } from 'node:fs/promises';
import { type Bundle, loadBundle } from '@caption-queue/model/bundle';
import { createEngine, engineNames, type Precision } from '@caption-queue/model/engines/engine';
import { type Command, type Options, table } from '../command-line/command.ts';
import { createProgress } from '../command-line/progress.ts';
import { runFolder, runOption } from '../command-line/run-folder.ts';
import { dataOption, readDataset } from '../dataset/read-dataset.ts';
import { noteAblation } from '../evaluation/ablation.ts';
import { captionSplit } from '../evaluation/caption-split.ts';
import { sealBundle } from '../export/seal-bundle.ts';
import { TrainingError } from '../failure.ts';
import { openFeatureFile, readIndex } from '../features/feature-file.ts';
import { type CaptionScores, scoreCaptions } from '../metrics/score-captions.ts';
import { scoringWords } from '../metrics/scored-caption.ts';
import { writeEvaluationPlots } from '../plots/evaluation-plots.ts';

export const evaluateCommand: Command = {
  name: 'evaluate',
  summary:
    'Captions the dev split with a bundle and prints BLEU-1…4, ROUGE-L and CIDEr-D against the raw captions, lower-cased and without punctuation. Draws a contact sheet, attention and reliability into the run.',
  options: {
    bundle: { description: 'Bundle: a name below models/, or a path.', value: 'NAME' },
    ...dataOption,
    ...runOption,
    'beam-width': { description: "Default: the bundle's.", value: 'N' },
    'length-penalty': { description: "Default: the bundle's.", value: 'X' },
    photos: { description: 'Only the first N photos of the split.', value: 'N' },
    engine: { description: '`onnx` or `tfjs`.', value: 'NAME', default: 'onnx' },
    precision: {
      description: 'Of the encoder, `int8` or `fp32`. Default: as in serving.',
      value: 'KIND',
    },
    threads: { description: 'Threads inside one operation.', value: 'N', default: '1' },
    output: {
      description: 'Also write file, caption and references as JSON lines.',
      value: 'FILE',
    },
    ablation: {
      description: "Also note the figures in the run's ablation table, as the row of this name.",
      value: 'TEXT',
    },
    record: { description: "Write the figures into the bundle's bundle.json." },
  },
  examples: [
    '--bundle flickr8k-attention --data ~/flickr8k',
    '--bundle flickr8k-attention --data ~/flickr8k --precision fp32 --photos 500',
  ],
  async run(options) {
    const bundle = await loadBundle(options.text('bundle'));
    const { dev, imageFolder } = await readDataset(options.text('data'));
    const limit = options.optionalText('photos')
      ? options.number('photos', { minimum: 2, integer: true })
      : dev.length;
    const photos = dev.slice(0, limit);
    const engine = await createEngine(oneOf(options, 'engine', engineNames), {
      threads: options.number('threads', { minimum: 1, integer: true }),
    });
    const run = runFolder(options);
    const folder = run.features();
    const features = (await readIndex(folder)) ? await openFeatureFile(folder) : undefined;
    const progress = createProgress({ title: 'Captioning', total: photos.length, unit: 'photos' });
    const { captions, captionsPerSecond, cached } = await captionSplit({
      engine,
      bundle,
      precision: options.optionalText('precision')
        ? oneOf<Precision>(options, 'precision', ['int8', 'fp32'])
        : undefined,
      photos,
      imageFolder,
      features,
      generation: generationOf(options, bundle),
      onProgress: (done) => progress.update(done),
    });
    progress.finish();
    features?.close();
    const captioned = photos.map(({ file, captions: references }, index) => {
      const { caption, words } = captions[index] as (typeof captions)[number];
      return { file, caption, words, references };
    });
    const scores = scoreCaptions(
      captioned.map(({ caption, references }) => ({
        hypothesis: scoringWords(caption),
        references: references.map(scoringWords),
      })),
    );
    console.log(
      table(rowsOf(scores, { captionsPerSecond, photos: photos.length, cached })).join('\n'),
    );
    const output = options.optionalText('output');
    if (output) {
      const lines = captioned.map(({ file, caption, references }) =>
        JSON.stringify({ file, caption, references }),
      );
      await writeFile(output, `${lines.join('\n')}\n`);
    }
    if (options.flag('record')) await record(bundle, scores);
    const row = options.optionalText('ablation');
    if (row) await noteAblation(run.root, { name: row, photos: photos.length, scores });
    const plots = run.evaluation(bundle.manifest.name);
    await writeEvaluationPlots({
      folder: plots,
      title: `${bundle.manifest.name}: captions of ${photos.length} dev photos`,
      photos: captioned,
      imageFolder,
    });
    console.log(`Contact sheet and plots are in ${plots}.`);
  },
};

function generationOf(options: Options, { manifest: { generation } }: Bundle) {
  return {
    ...generation,
    ...(options.optionalText('beam-width') && {
      beamWidth: options.number('beam-width', { minimum: 1, maximum: 10, integer: true }),
    }),
    ...(options.optionalText('length-penalty') && {
      lengthPenalty: options.number('length-penalty', { minimum: 0, maximum: 5 }),
    }),
  };
}

function oneOf<T extends string>(options: Options, name: string, allowed: readonly T[]): T {
  const value = options.text(name);
  const found = allowed.find((candidate) => candidate === value);
  if (found) return found;
  throw new TrainingError(`--${name} must be ${allowed.join(' or ')}, not '${value}'.`);
}

function rowsOf(
  scores: CaptionScores,
  { captionsPerSecond, photos, cached }: Record<string, number>,
): [string, string][] {
  const share = (value: number) => value.toFixed(4);
  return [
    ['photos', `${photos} (${cached} with features from the run)`],
    ['BLEU-1', share(scores.bleu1)],
    ['BLEU-2', share(scores.bleu2)],
    ['BLEU-3', share(scores.bleu3)],
    ['BLEU-4', share(scores.bleu4)],
    ['ROUGE-L', share(scores.rougeL)],
    ['CIDEr-D', share(scores.cider)],
    ['distinct captions', String(scores.distinctCaptions)],
    ['distinct words', String(scores.distinctWords)],
    ['words a caption', scores.meanLength.toFixed(2)],
    ['captions a second', `${captionsPerSecond?.toFixed(1)} (generation alone)`],
  ];
}

async function record(bundle: Bundle, scores: CaptionScores): Promise<void> {
  const { files: _, formatVersion: __, ...manifest } = bundle.manifest;
  const metrics = Object.fromEntries(
    Object.entries(scores).map(([name, value]) => [name, Number(value.toFixed(4))]),
  );
  await sealBundle(bundle.directory, { ...manifest, metrics });
  console.log(`Recorded in ${bundle.directory}/bundle.json.`);
}
