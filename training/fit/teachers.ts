// Decoders that were trained before, as one: the next word's distribution is the mean of theirs. It teaches another
// decoder (Hinton, Vinyals and Dean 2015, https://arxiv.org/abs/1503.02531) and is what that can hope to reach.
import { TrainingError } from '../failure.ts';
import type { CaptionBatch } from './batches.ts';
import type { Checkpoint } from './checkpoint.ts';
import { type Network, noDropout, type SequenceNetwork } from './network.ts';
import { buildNetwork } from './settings.ts';
import { sequenceLogits } from './teacher-forcing.ts';
import type { Tensor, TensorFlow } from './tensorflow-types.ts';
import { createWeights, type Weights } from './weights.ts';

interface Member {
  network: Network;
  weights: Weights;
}

export interface Teachers {
  /** They bring their own weights: those that its methods are given are not read. */
  network: SequenceNetwork;
  /** What they would say in the place of each of the batch's targets, `[N, V]`. @param grids `[B, 64, 2048]` */
  wordProbs(batch: CaptionBatch, grids: Tensor): Tensor;
  dispose(): void;
}

/**
 * Holds their weights as variables: call outside `tf.tidy`.
 * @param models the best weights of each
 * @throws TrainingError when their decoders differ in kind or sizes
 */
export function createTeachers(tf: TensorFlow, models: readonly Checkpoint[]): Teachers {
  const networks = models.map(({ settings }) => buildNetwork(tf, settings));
  if (new Set(networks.map(({ weights }) => JSON.stringify(weights))).size !== 1) {
    throw new TrainingError('Teachers need the same decoder and sizes; name others in --teachers.');
  }
  const members = models.map(({ values }, index): Member => {
    const network = networks[index] as Network;
    return { network, weights: createWeights(tf, network.weights, values) };
  });
  const network = buildEnsemble(tf, members);
  return {
    network,
    wordProbs: (batch, grids) =>
      sequenceLogits(tf, {
        network,
        weights: new Map(),
        batch,
        grids,
        dropout: noDropout,
      }).softmax(),
    dispose: () => tf.dispose(members.flatMap(({ weights }) => [...weights.values()])),
  };
}

/** The members' tensors lie side by side in those of the ensemble, `[rows, members × …]`. */
function buildEnsemble(tf: TensorFlow, members: readonly Member[]): SequenceNetwork {
  const count = members.length;
  const joined = (compute: (member: Member, index: number) => Tensor) =>
    tf.concat(members.map(compute), 1);
  const apart = (values: Tensor) => {
    const parts = tf.split(values, count, 1);
    return (index: number) => parts[index] as Tensor;
  };
  return {
    vocabularySize: members[0]?.network.vocabularySize ?? 0,

    start(_, grids, dropout) {
      const started = members.map(({ network, weights }) => network.start(weights, grids, dropout));
      const pictures = started.flatMap((own, index) =>
        Object.entries(own.pictures).map(([name, values]) => [`${index}/${name}`, values]),
      );
      return {
        pictures: Object.fromEntries(pictures),
        state: tf.concat(
          started.map(({ state }) => state),
          1,
        ),
        cell: tf.concat(
          started.map(({ cell }) => cell),
          1,
        ),
      };
    },

    words: (_, tokens, dropout) =>
      joined(({ network, weights }) => network.words(weights, tokens, dropout)),

    gateInputs(_, words) {
      const wordsOf = apart(words);
      return joined(({ network, weights }, index) => network.gateInputs(weights, wordsOf(index)));
    },

    step(_, { pictures, captions, gateInputs, state, cell }) {
      const [gatesOf, stateOf, cellOf] = [apart(gateInputs), apart(state), apart(cell)];
      const results = members.map(({ network, weights }, index) =>
        network.step(weights, {
          pictures: picturesOf(pictures, index),
          captions,
          gateInputs: gatesOf(index),
          state: stateOf(index),
          cell: cellOf(index),
        }),
      );
      const all = (part: 'state' | 'cell' | 'output') =>
        tf.concat(
          results.map((result) => result[part]),
          1,
        );
      return { state: all('state'), cell: all('cell'), output: all('output') };
    },

    logits(_, { outputs, words }, dropout) {
      const [outputsOf, wordsOf] = [apart(outputs), apart(words)];
      const probs = members.map(({ network, weights }, index) =>
        network
          .logits(weights, { outputs: outputsOf(index), words: wordsOf(index) }, dropout)
          .softmax(),
      );
      return tf.addN(probs).div(count).log();
    },
  };
}

/** A member's own, under their own names. */
function picturesOf(pictures: Record<string, Tensor>, index: number): Record<string, Tensor> {
  const prefix = `${index}/`;
  return Object.fromEntries(
    Object.entries(pictures)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, values]) => [name.slice(prefix.length), values]),
  );
}
