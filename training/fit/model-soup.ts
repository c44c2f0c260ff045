// Several models of a run as one: the mean of their weights. Models that began with the same weights and went on with
// other seeds can be averaged, and the mean describes new photos better than each of them: Wortsman et al. 2022,
// "Model soups" (https://arxiv.org/abs/2203.05482).
import path from 'node:path';
import { TrainingError } from '../failure.ts';
import { type Checkpoint, loadBest } from './checkpoint.ts';

/** `a,b` → `['a', 'b']` */
export const modelNames = (text: string): string[] => text.split(',').map((name) => name.trim());

/**
 * The best weights of a model, or the mean of those of several.
 * @param run the run's folder
 * @param names by comma
 * @returns with settings and state of the first
 * @throws TrainingError when a model has no weights, or others than the first
 */
export async function loadModels(run: string, names: string): Promise<Checkpoint> {
  const models = await Promise.all(modelNames(names).map((name) => loadBest(path.join(run, name))));
  const [first, ...others] = models as [Checkpoint, ...Checkpoint[]];
  const values = new Map(
    [...first.values].map(([name, own]): [string, Float32Array] => {
      const all = [own, ...others.map((other) => other.values.get(name) ?? [])];
      if (all.some(({ length }) => length !== own.length)) {
        throw new TrainingError(
          `The models ${names} cannot be averaged: ${name} has another size in one of them. Name models that began with the same weights.`,
        );
      }
      const mean = (_: number, place: number) =>
        all.reduce((sum, weight) => sum + (weight[place] as number), 0) / all.length;
      return [name, own.map(mean)];
    }),
  );
  return { ...first, values };
}
