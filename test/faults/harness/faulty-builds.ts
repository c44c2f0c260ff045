// Bundles the workers with the processors of the test build in place of their own: all else is what people start.
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';
import { bundle, bundleCache } from '../../support/processes/bundle.ts';
import { repository } from '../../support/repository.ts';

const here = path.dirname(fileURLToPath(import.meta.url));
const output = path.join(bundleCache, 'caption-queue-faults', `${process.pid}`);

export interface FaultyBuilds {
  readonly encoder: string;
  readonly decoder: string;
  remove(): Promise<void>;
}

/** @returns paths of entries; see injected-faults.ts for their settings */
export async function buildFaultyWorkers(): Promise<FaultyBuilds> {
  await mkdir(output, { recursive: true });
  const bundleWorker = async (worker: string, processor: string) => {
    const outfile = path.join(output, `${worker}.mjs`);
    const faultyProcessor: Plugin = {
      name: 'faulty-processor',
      setup({ onResolve }) {
        onResolve({ filter: /^\.\/processor\.ts$/ }, () => ({ path: path.join(here, processor) }));
      },
    };
    const entry = path.join(repository, 'services', worker, 'main.ts');
    await bundle({ entry, outfile, plugins: [faultyProcessor] });
    return outfile;
  };
  const [encoder, decoder] = await Promise.all([
    bundleWorker('encoder-worker', 'faulty-encode-processor.ts'),
    bundleWorker('decoder-worker', 'faulty-decode-processor.ts'),
  ]);
  return { encoder, decoder, remove: () => rm(output, { recursive: true, force: true }) };
}
