// `evaluate`: captions the dev split with a bundle and scores the captions against what people wrote.
import type { GenerationDefaults } from '@caption-queue/contract/bundle';
import { loadBundle } from '@caption-queue/model/bundle';
import { createEngine } from '@caption-queue/model/engines/create-engine';
import { engineNames, type Precision } from '@caption-queue/model/engines/engine';
import { type Command, type Options, table } from '../command-line/command.ts';
import { createProgress } from '../command-line/progress.ts';
import { runFolder, runOption } from '../command-line/run-folder.ts';
import { dataOption, readDataset } from '../dataset/read-dataset.ts';
import { noteAblation } from '../evaluation/ablation.ts';
import { evaluateBundle, scoreRows } from '../evaluation/evaluate-bundle.ts';
import { recordScores, writeCaptions } from '../evaluation/write-results.ts';
import { writeEvaluationPlots } from '../plots/evaluation-plots.ts';

const precisions: readonly Precision[] = ['int8', 'fp32'];

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
    const run = runFolder(options);
    const bundle = await loadBundle(options.text('bundle'));
    const { name, generation } = bundle.manifest;
    const { dev, imageFolder } = await readDataset(options.text('data'));
    const limit = options.optionalNumber('photos', { minimum: 2, integer: true });
    const photos = dev.slice(0, limit);
    const engine = await createEngine(options.oneOf('engine', engineNames), {
      threads: options.number('threads', { minimum: 1, integer: true }),
    });
    const hasPrecision = options.optionalText('precision') !== undefined;

    const progress = createProgress({ title: 'Captioning', total: photos.length, unit: 'photos' });
    const evaluation = await evaluateBundle({
      engine,
      bundle,
      precision: hasPrecision ? options.oneOf('precision', precisions) : undefined,
      photos,
      imageFolder,
      featuresFolder: run.features(),
      generation: generationOf(options, generation),
      onProgress: (done) => progress.update(done),
    });
    progress.finish();

    const { captioned, scores } = evaluation;
    console.log(table(scoreRows(evaluation)).join('\n'));
    const output = options.optionalText('output');
    if (output) await writeCaptions(output, captioned);
    if (options.flag('record')) {
      await recordScores(bundle, scores);
      console.log(`Recorded in ${bundle.directory}/bundle.json.`);
    }
    const row = options.optionalText('ablation');
    if (row) await noteAblation(run.root, { name: row, photos: photos.length, scores });
    const plots = run.evaluation(name);
    await writeEvaluationPlots({
      folder: plots,
      title: `${name}: captions of ${photos.length} dev photos`,
      photos: captioned,
      imageFolder,
    });
    console.log(`Contact sheet and plots are in ${plots}.`);
  },
};

function generationOf(options: Options, usual: GenerationDefaults): GenerationDefaults {
  const beamWidth = { minimum: 1, maximum: 10, integer: true };
  const lengthPenalty = { minimum: 0, maximum: 5 };
  return {
    ...usual,
    beamWidth: options.optionalNumber('beam-width', beamWidth) ?? usual.beamWidth,
    lengthPenalty: options.optionalNumber('length-penalty', lengthPenalty) ?? usual.lengthPenalty,
  };
}
