// Understands a Keras captioner: a model that predicts the next word from a photo's features and the
// words so far. docs/keras.md tells people what it may look like.

import { FEATURE_SIZE } from '@caption-queue/contract/bundle';
import type { Layer } from '@caption-queue/model/layers-model/layers-model';
import { outputOf } from '../decoders/topology.ts';
import { TrainingError } from '../failure.ts';
import { type LayerPlan, ownName, planLayer } from './captioner-layers.ts';
import type { KerasModel } from './keras-model.ts';

export interface CaptionerPlan {
  path: string;
  /** All layers but the inputs and the softmax, by their own names, in Keras's order. */
  layers: Map<string, LayerPlan>;
  /** Own names of some: the input of the features, and the last Dense, which gives the words' logits. */
  photo: string;
  embedding: string;
  lstm: string;
  logits: string;
  vocabularySize: number;
  /** Length of the captions that enter, when it is fixed. */
  maxLength: number | undefined;
  /** Padding is passed over (`mask_zero`), instead of being read as a word. */
  isMasked: boolean;
}

/** @throws TrainingError that says what is not as in such a captioner */
export function planCaptioner(model: KerasModel): CaptionerPlan {
  const { path } = model;
  const fail = (reason: string): never => {
    throw new TrainingError(`${path} ${reason}; docs/keras.md says what can be imported.`);
  };
  const needed = ancestorsOf(model);
  const kept = model.layers.filter(({ name }) => needed.has(name));
  const inputs = kept.filter(({ className }) => className === 'InputLayer');
  const others = kept.filter((layer) => !inputs.includes(layer));
  const layers = new Map(others.map((layer) => [ownName(layer.name), planLayer(layer, path)]));

  const only = (className: string) => {
    const found = others.filter((layer) => layer.className === className);
    return found.length === 1
      ? (found[0] as Layer)
      : fail(`has ${found.length} layers of the kind ${className} where one is wanted`);
  };
  const embedding = only('Embedding');
  const lstm = only('LSTM');
  if (model.isKeras3 && lstm.config.recurrent_activation === 'hard_sigmoid') {
    fail("has Keras 3's hard sigmoid in its LSTM, which is another function than Keras 2's");
  }
  const caption = inputs.find(({ name }) => name === embedding.inputs[0]?.[0]);
  const photo = inputs.find((layer) => layer !== caption);
  if (!caption || !photo || inputs.length !== 2) {
    return fail(`has ${inputs.length} inputs where features and words are wanted`);
  }
  if (String(shapeOf(photo)) !== String(FEATURE_SIZE)) {
    fail(`takes features of the shape [${shapeOf(photo)}] where InceptionV3's [2048] are wanted`);
  }
  // What a decoder calls the word that enters.
  const words = layers.get(ownName(embedding.name)) as LayerPlan;
  words.layer.inputs = [outputOf('token')];
  const logits = dropSoftmax(layers, model);
  if (!logits) return fail('does not end in a Dense layer with bias and a softmax over the words');
  if ((embedding.config.input_dim as number) < (logits.width as number)) {
    fail('knows fewer words on its way in (Embedding) than on its way out');
  }
  return {
    path,
    layers,
    photo: ownName(photo.name),
    embedding: ownName(embedding.name),
    lstm: ownName(lstm.name),
    logits: logits.layer.name,
    vocabularySize: logits.width as number,
    maxLength: shapeOf(caption)[0] ?? undefined,
    isMasked: embedding.config.mask_zero === true,
  };
}

/** Names of the layers that the output depends on. Keras 3 also lists those that compute the mask. */
function ancestorsOf({ layers, outputs }: KerasModel): Set<string> {
  const needed = new Set(outputs.map(([name]) => name));
  for (const layer of layers.toReversed()) {
    if (needed.has(layer.name)) for (const [source] of layer.inputs) needed.add(source);
  }
  return needed;
}

/** A decoder gives logits; the softmax is a layer of its own, or the last Dense's activation. */
function dropSoftmax(
  layers: Map<string, LayerPlan>,
  { outputs }: KerasModel,
): LayerPlan | undefined {
  let last = layers.get(ownName(outputs[0]?.[0] ?? ''));
  if (outputs.length !== 1 || last?.layer.config.activation !== 'softmax') return undefined;
  if (last.layer.className === 'Activation') {
    layers.delete(last.layer.name);
    last = layers.get(last.layer.inputs[0]?.[0] as string);
    if (last?.layer.config.activation !== 'linear') return undefined;
  }
  last.layer.config.activation = 'linear';
  return last.layer.config.use_bias ? last : undefined;
}

/** Of an input, without the rows; null where it is open. */
function shapeOf({ config }: Layer): (number | null)[] {
  const shape = (config.batch_shape ?? config.batch_input_shape) as (number | null)[];
  return shape.slice(1);
}
