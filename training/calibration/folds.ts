// Cross-validation: each picture is judged by what was fitted on the others.
import { createRandom } from '../random.ts';

const FOLDS = 5;
const SEED = 1;

/** The prediction of each item by a model of the items in the other four folds. The same items get the same folds. */
export function crossValidate<Item, Model, Prediction>(
  items: readonly Item[],
  {
    fit,
    predict,
  }: {
    fit: (items: Item[]) => Model;
    predict: (model: Model, item: Item) => Prediction;
  },
): Prediction[] {
  const order = createRandom(SEED).shuffle(items.map((_, index) => index));
  const foldOf = new Map(order.map((index, place) => [index, place % FOLDS]));
  const models = Array.from({ length: FOLDS }, (_, fold) =>
    fit(items.filter((_, index) => foldOf.get(index) !== fold)),
  );
  return items.map((item, index) => predict(models[foldOf.get(index) as number] as Model, item));
}
