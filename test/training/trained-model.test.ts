// A model that the training's command line made serves through the queue: real photos, encoder and processes.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { loadBundle } from '@caption-queue/model/bundle';
import { describe, expect, it } from 'vitest';
import { useFolder } from '../support/folder.ts';
import { hasTensorFlow } from '../support/model/engines.ts';
import { startStack } from '../support/processes/service-stack.ts';
import { redisIsAvailable } from '../support/redis/redis.ts';
import { tinyDataset } from '../support/training/datasets.ts';
import { runTraining } from '../support/training/training-program.ts';

const captionCommand = fileURLToPath(new URL('../../cli/dist/caption.js', import.meta.url));

describe.skipIf(!hasTensorFlow() || !redisIsAvailable)('a model trained on a few photos', () => {
  const folder = useFolder();
  const train = async (...args: string[]) => {
    const { code, stderr } = await runTraining(folder, args);
    expect(code, stderr).toBe(0);
  };

  it('has learned, and captions through the queue as it does without a server', async () => {
    const output = join(folder, 'trained');
    const sizes = ['--units', '32', '--annotation-size', '32', '--attention-size', '16'];
    const pace = ['--epochs', '20', '--batch-size', '2', '--rate', '0.01', '--patience', '20'];
    await train('features', '--data', tinyDataset);
    await train('fit', ...sizes, ...pace);
    await train('export', '--output', output, '--provenance', 'Tests.', '--licence', 'CC0-1.0');

    const log = await readFile(join(folder, 'runs/flickr8k/attention/log.jsonl'), 'utf8');
    const losses = log
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter(({ type }) => type === 'epoch')
      .map(({ loss }) => loss as number);
    expect(losses.at(-1)).toBeLessThan((losses[0] as number) - 1);

    const photo = join(tinyDataset, 'images/cat.jpg');
    const args = [captionCommand, '--json', '--model', output, photo];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const stack = await startStack({ model: output });
    try {
      const { id } = await stack.post(await readFile(photo));
      const served = (await stack.finished(id)).output?.caption as string;
      expect(served).toBe(JSON.parse(stdout).caption);
      const { vocabulary } = await loadBundle(output);
      expect(served.split(' ').every((word) => vocabulary.toJSON().includes(word))).toBe(true);
    } finally {
      await stack.stop();
    }
  }, 240_000);
});
