// Validation: each picture is judged by what was fitted on others.
import { createRandom } from '../random.ts';

const FOLDS = 5;
const SEED = 1;

/** The prediction of each item by a model of the items in the other four folds. The same items get the same folds. */
export function crossValidate<Item, Model, Prediction>(
  items: readonly Item[],
  { fit, predict }: Validation<Item, Model, Prediction>,
): Prediction[] {
  const order = createRandom(SEED).shuffle(items.map((_, index) => index));
  const foldOf = new Map(order.map((index, place) => [index, place % FOLDS]));
  const models = Array.from({ length: FOLDS }, (_, fold) =>
    fit(items.filter((_, index) => foldOf.get(index) !== fold)),
  );
  return items.map((item, index) => predict(models[foldOf.get(index) as number] as Model, item));
}

interface Validation<Item, Model, Prediction> {
  fit: (items: Item[]) => Model;
  predict: (model: Model, item: Item) => Prediction;
}

/**
 * The prediction of each item by a model of the other sets, so that figures say what holds on pictures of yet another
 * kind; with a single set by a model of the other four fifths of it.
 */
export function validate<Item extends { set: string }, Model, Prediction>(
  items: readonly Item[],
  validation: Validation<Item, Model, Prediction>,
): Prediction[] {
  const sets = [...new Set(items.map(({ set }) => set))];
  if (sets.length < 2) return crossValidate(items, validation);
  const models = new Map(
    sets.map((set) => [set, validation.fit(items.filter((item) => item.set !== set))]),
  );
  return items.map((item) => validation.predict(models.get(item.set) as Model, item));
}
