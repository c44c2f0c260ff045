// The order in which Keras lists the layers of a functional model, and so stores and loads their weights.
import type { Layer } from '@caption-queue/model/layers-model/layers-model';

/**
 * Layers farther from the output come first; those equally far in the order in which a walk from the
 * output back to the inputs meets them (`_map_graph_network` in Keras 2, `map_graph` in Keras 3).
 * @param layers in an order in which every layer stands after those it reads
 */
export function inLoadingOrder(layers: Layer[], output: string): Layer[] {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const sourcesOf = (name: string) => byName.get(name)?.inputs.map(([source]) => source) ?? [];

  const met = new Map<string, number>();
  const walk = (name: string) => {
    if (met.has(name)) return;
    met.set(name, met.size);
    for (const source of sourcesOf(name)) walk(source);
  };
  walk(output);

  const distance = new Map([[output, 0]]);
  for (const { name } of layers.toReversed()) {
    const own = distance.get(name);
    if (own === undefined) continue;
    for (const source of sourcesOf(name)) {
      distance.set(source, Math.max(distance.get(source) ?? 0, own + 1));
    }
  }
  const rank = (ranks: Map<string, number>, { name }: Layer) => ranks.get(name) as number;
  return layers
    .filter(({ name }) => met.has(name))
    .sort((a, b) => rank(distance, b) - rank(distance, a) || rank(met, a) - rank(met, b));
}
