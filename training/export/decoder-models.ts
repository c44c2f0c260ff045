// A trained network as the two layers models of a bundle: `decoder/start` and `decoder/step`.

import type { LayersModel, Weight } from '@caption-queue/model/layers-model/layers-model';
import type { ModelTopology } from '../decoders/topology.ts';
import type { Network } from '../fit/network.ts';
import { float16Weight } from './store-model.ts';

/**
 * @param values of the network's weights, by name
 * @param dtype as which they are stored; default float16
 * @throws RangeError when a value is missing
 */
export function decoderModels(
  network: Pick<Network, 'topology' | 'weights'>,
  values: ReadonlyMap<string, Float32Array>,
  dtype: 'float16' | 'float32' = 'float16',
): { start: LayersModel; step: LayersModel } {
  const modelOf = (topology: ModelTopology): LayersModel => {
    // What `start` makes has the same names as the inputs of `step`: an input has no weights.
    const layers = new Set(
      topology.layers.filter((l) => l.className !== 'InputLayer').map(({ name }) => name),
    );
    const weights = new Map<string, Weight>();
    for (const { name, shape } of network.weights) {
      if (!layers.has(name.split('/')[0] as string)) continue;
      const data = values.get(name);
      if (!data) throw new RangeError(`The weight ${name} is missing.`);
      weights.set(name, dtype === 'float16' ? float16Weight(shape, data) : { shape, dtype, data });
    }
    return { ...topology, weights };
  };
  return { start: modelOf(network.topology.start), step: modelOf(network.topology.step) };
}
