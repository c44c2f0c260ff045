// Bundles the workers with the processors of the test build in place of their own: all else is what people start.
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = path.dirname(fileURLToPath(import.meta.url));
const repository = path.resolve(here, '../../..');
/** Inside the repository, so that npm packages are found from there. */
const output = path.join(repository, 'node_modules/.cache/caption-queue-faults', `${process.pid}`);

export interface FaultyBuilds {
  readonly encoder: string;
  readonly decoder: string;
  remove(): Promise<void>;
}

/** @returns paths of entries; see injected-faults.ts for their settings */
export async function buildFaultyWorkers(): Promise<FaultyBuilds> {
  await mkdir(output, { recursive: true });
  const bundle = async (worker: string, processor: string) => {
    const outfile = path.join(output, `${worker}.mjs`);
    await build({
      entryPoints: [path.join(repository, 'services', worker, 'main.ts')],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      logLevel: 'error',
      loader: { '.lua': 'text' },
      plugins: [
        {
          name: 'faulty-processor',
          setup({ onResolve }) {
            onResolve({ filter: /^\.\/processor\.ts$/ }, () => ({
              path: path.join(here, processor),
            }));
            onResolve({ filter: /^[^./]/ }, ({ path: specifier, kind }) =>
              kind === 'entry-point' || specifier.startsWith('@caption-queue/')
                ? undefined
                : { path: specifier, external: true },
            );
          },
        },
      ],
    });
    return outfile;
  };
  const [encoder, decoder] = await Promise.all([
    bundle('encoder-worker', 'faulty-encode-processor.ts'),
    bundle('decoder-worker', 'faulty-decode-processor.ts'),
  ]);
  return { encoder, decoder, remove: () => rm(output, { recursive: true, force: true }) };
}
