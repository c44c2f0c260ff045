// Models of a run are averaged weight by weight, and only where they have the same weights.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { initialState } from '@caption-queue/training/fit/checkpoint';
import { loadModels } from '@caption-queue/training/fit/model-soup';
import { writeTensorFile } from '@caption-queue/training/fit/safetensors';
import { beforeAll, describe, expect, it } from 'vitest';
import { useFolder } from '../../support/folder.ts';

describe('the mean of models', () => {
  const run = useFolder();

  beforeAll(async () => {
    const models: [string, number[]][] = [
      ['first', [1, 2, -3]],
      ['second', [2, 4, 0]],
      ['third', [6, 0, 0]],
      ['larger', [1, 2, 3, 4]],
    ];
    for (const [seed, [name, numbers]] of models.entries()) {
      await mkdir(join(run, name));
      const values = Float32Array.from(numbers);
      await writeTensorFile(join(run, name, 'best.safetensors'), {
        tensors: new Map([['logits/bias', { shape: [values.length], values }]]),
        metadata: {
          settings: JSON.stringify({ seed }),
          state: JSON.stringify(initialState()),
        },
      });
    }
  });

  it('is that of each weight, with the settings of the first', async () => {
    const { settings, values } = await loadModels(run, 'first, second,third');
    expect(values).toEqual(new Map([['logits/bias', Float32Array.of(3, 2, -1)]]));
    expect(settings.seed).toBe(0);
  });

  it('is a model itself where there is one', async () => {
    const { values } = await loadModels(run, 'second');
    expect(values.get('logits/bias')).toEqual(Float32Array.of(2, 4, 0));
  });

  it('is refused of models with other sizes, or without weights', async () => {
    await expect(loadModels(run, 'first,larger')).rejects.toThrow(
      'logits/bias has another size in one of them',
    );
    await expect(loadModels(run, 'first,none')).rejects.toThrow('none has no trained weights');
  });
});
