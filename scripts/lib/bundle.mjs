// The bundler: this project's own code becomes one file an entry point, npm packages stay outside.
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { repositoryRoot } from './paths.mjs';
import { Refusal } from './report.mjs';

/** Every file that `node` runs directly. One that has no source, as in a container's build, is left out. */
const entryPoints = [
  'services/api/main.ts',
  'services/api/uploads/imaging/imaging-process.ts',
  'services/api/access/keys.ts',
  'services/encoder-worker/main.ts',
  'services/decoder-worker/main.ts',
  'training/main.ts',
  'cli/caption.ts',
  'bench/main.ts',
];

/**
 * @param {string} entryPoint e.g. `cli/caption.ts`; of a service, a file in any of its folders
 * @returns {string} where its bundle lies, relative to the repository: in the `dist` of its service or folder
 */
export function bundlePath(entryPoint) {
  const { dir, name } = path.parse(entryPoint);
  const service = /^services\/[^/]+/.exec(dir)?.[0];
  return path.join(service ?? dir, 'dist', `${name}.js`);
}

/**
 * Only our own packages are bundled: native addons and large libraries must be loaded as they are.
 * @type {import('esbuild').Plugin}
 */
const npmPackagesStayOutside = {
  name: 'npm-packages-stay-outside',
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, ({ path: specifier, kind }) =>
      kind === 'entry-point' || specifier.startsWith('@caption-queue/')
        ? undefined
        : { path: specifier, external: true },
    );
  },
};

/**
 * Bundles all entry points, and those asked for besides. A file is replaced only when its content
 * changed, and in one step, so a process that is being started meanwhile never reads half of one.
 * @param {{ besides?: string[] }} [options]
 * @returns {Promise<string[]>} the paths of all bundles, relative to the repository
 * @throws Refusal, after esbuild has printed what is wrong and where
 */
export async function build({ besides = [] } = {}) {
  const esbuild = await import('esbuild');
  const sources = [...new Set([...entryPoints, ...besides])].filter((file) =>
    existsSync(path.join(repositoryRoot, file)),
  );
  if (sources.length === 0) return [];
  const result = await esbuild
    .build({
      absWorkingDir: repositoryRoot,
      entryPoints: sources.map((file) => ({
        in: file,
        out: bundlePath(file).replace(/\.js$/, ''),
      })),
      outdir: '.',
      bundle: true,
      write: false,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      sourcemap: true,
      sourcesContent: false,
      logLevel: 'warning',
      loader: { '.lua': 'text' },
      plugins: [npmPackagesStayOutside],
    })
    .catch(() => {
      throw new Refusal('The build failed: see the lines above.');
    })
    .finally(() => esbuild.stop()); // Its service would stay as long as this process.
  await Promise.all(result.outputFiles.map(replaceIfChanged));
  return sources.map(bundlePath);
}

/** @param {import('esbuild').OutputFile} bundle */
async function replaceIfChanged({ path: file, contents }) {
  const current = await readFile(file).catch(() => undefined);
  if (current?.equals(contents)) return;
  await mkdir(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, contents);
  await rename(temporary, file);
}
