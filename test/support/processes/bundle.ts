// Bundles TypeScript for a process of its own, with this repository's packages inside and npm's outside.
import path from 'node:path';
import { build, type Plugin } from 'esbuild';
import { repository } from '../repository.ts';

/** For what is bundled: inside the repository, so that npm packages are found from there. */
export const bundleCache = path.join(repository, 'node_modules/.cache');

const npmStaysOutside: Plugin = {
  name: 'npm-packages-stay-outside',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path: specifier, kind }) =>
      kind === 'entry-point' || specifier.startsWith('@caption-queue/')
        ? undefined
        : { path: specifier, external: true },
    );
  },
};

/** @param options.plugins may answer for a path before the rule for npm packages does */
export async function bundle(options: {
  entry: string;
  outfile: string;
  plugins?: Plugin[];
}): Promise<void> {
  const { entry, outfile, plugins = [] } = options;
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
    loader: { '.lua': 'text' },
    plugins: [...plugins, npmStaysOutside],
  });
}
