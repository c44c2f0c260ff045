// A Keras captioner cut into the two models of a decoder: `start`, all that depends on the photo alone,
// and `step`, which takes one word more. The LSTM that read all words so far becomes one that goes on
// from its last state.

import { FEATURE_SIZE, GRID_CELLS } from '@caption-queue/contract/bundle';
import type { Layer, LayersModel } from '@caption-queue/model/layers-model/layers-model';
import { input, layer, outputOf } from '../decoders/topology.ts';
import { TrainingError } from '../failure.ts';
import type { WeightShape } from './captioner-layers.ts';
import type { CaptionerPlan } from './captioner-plan.ts';
import type { KerasFile, KerasTensor } from './keras-file.ts';
import { sortWords } from './sort-words.ts';
import { createWeightQueue } from './weight-queue.ts';

export interface DecoderModels {
  start: LayersModel;
  step: LayersModel;
}

/**
 * @param kerasIds of each token id the id that the model knows it by
 * @throws TrainingError when the weights are another model's
 */
export function captionerModels(
  plan: CaptionerPlan,
  { file, kerasIds }: { file: KerasFile; kerasIds: (number | undefined)[] },
): DecoderModels {
  const widths = new Map([[plan.photo, FEATURE_SIZE]]);
  const weights = loadWeights(plan, { file, widths });
  sortWords(plan, weights, kerasIds);

  const ofPhoto = new Set([plan.photo]);
  for (const { layer: own } of plan.layers.values()) {
    const isOfPhoto = own.inputs.every(([source]) => ofPhoto.has(source));
    if (isOfPhoto) ofPhoto.add(own.name);
  }
  const layers = [...plan.layers.values()].map((own) => own.layer);
  const early = layers.filter(({ name }) => ofPhoto.has(name));
  const late = layers.filter(({ name }) => !ofPhoto.has(name));
  const handedOn = new Set(
    late.flatMap(({ inputs }) => inputs.map(([source]) => source).filter((s) => ofPhoto.has(s))),
  );
  if (handedOn.size === 0) throw new TrainingError(`${plan.path} does not look at the photo.`);

  const units = plan.layers.get(plan.lstm)?.width as number;
  const modelOf = (model: Omit<LayersModel, 'weights'>): LayersModel => {
    // What `start` hands on has the same name as an input of `step`, which has no weights.
    const own = new Set(
      model.layers.filter((l) => l.className !== 'InputLayer').map(({ name }) => name),
    );
    const mine = [...weights].filter(([name]) => own.has(name.slice(0, name.lastIndexOf('/'))));
    return {
      ...model,
      weights: new Map(mine.map(([name, tensor]) => [name, { dtype: 'float32', ...tensor }])),
    };
  };
  return {
    start: modelOf({
      name: 'keras_start',
      layers: [
        input('grid', [GRID_CELLS, FEATURE_SIZE]),
        layer('GlobalAveragePooling1D', plan.photo, { from: ['grid'] }),
        ...early,
      ],
      inputs: [outputOf('grid')],
      outputs: [...handedOn].map((name) => outputOf(name)),
    }),
    step: modelOf({
      name: 'keras_step',
      layers: [
        input('token', [1], 'int32'),
        ...[...handedOn].map((name) => input(name, [widths.get(name) as number])),
        input('state', [units]),
        input('cell', [units]),
        ...late.map((own) =>
          own.name === plan.lstm
            ? { ...own, inputs: [...own.inputs, outputOf('state'), outputOf('cell')] }
            : own,
        ),
      ],
      inputs: ['token', ...handedOn, 'state', 'cell'].map((name) => outputOf(name)),
      outputs: [outputOf(plan.logits), outputOf(plan.lstm, 1), outputOf(plan.lstm, 2)],
    }),
  };
}

/** Notes the last dimension of what each layer gives in `widths`. */
function loadWeights(
  plan: CaptionerPlan,
  { file, widths }: { file: KerasFile; widths: Map<string, number> },
): Map<string, KerasTensor> {
  const queue = createWeightQueue(file);
  const weights = new Map<string, KerasTensor>();
  for (const [name, own] of plan.layers) {
    const entering = widths.get(own.layer.inputs[0]?.[0] as string) ?? 0;
    widths.set(name, own.width ?? entering);
    const wanted = own.weights(entering);
    if (wanted.length === 0) continue;
    const found = queue.take(own.layer.className);
    const shapes = found?.tensors.map(({ shape }) => shape.join(' × ')).join(', ');
    if (shapes !== wanted.map(([, shape]) => shape.join(' × ')).join(', ')) {
      throw new TrainingError(
        `${file.path} has ${found ? `${shapes} in its layer ${found.name}` : 'nothing'} where ${plan.path} has ${describe(own.layer, wanted)}: they are of different models.`,
      );
    }
    wanted.forEach(([part], i) => {
      weights.set(`${name}/${part}`, found?.tensors[i] as KerasTensor);
    });
  }
  const [more] = queue.rest();
  if (more) {
    throw new TrainingError(
      `${file.path} has weights of a layer ${more.name} that ${plan.path} does not have: they are of different models.`,
    );
  }
  return weights;
}

function describe({ className }: Layer, wanted: WeightShape[]): string {
  return `a ${className} of ${wanted.map(([, shape]) => shape.join(' × ')).join(', ')}`;
}
