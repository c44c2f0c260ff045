// libtensorflow from TensorFlow's Python wheel (it holds the same C API), and the addon compiled against it.
// Needs python3 with pip, and a C++ compiler; Python only downloads and unpacks, nothing of it is used later.
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { repositoryRoot } from '../paths.mjs';
import { findProgram, runProgram } from '../processes.mjs';
import { step } from '../report.mjs';
import { NAPI_VERSION } from './addon.mjs';

/** @typedef {{ requirement: string, sha256: string, platform: string }} Wheel */

/**
 * The wheels by CPU. 2.15 is the last whose C API this addon was tested with.
 * @type {Partial<Record<NodeJS.Architecture, Wheel>>}
 */
const wheels = {
  x64: {
    requirement: 'tensorflow-cpu==2.15.1',
    sha256: '54660c074d7241a503e81edfd9f5ef5af88f64051b72e2945f26318c790f2d26',
    platform: 'manylinux_2_17_x86_64',
  },
  arm64: {
    requirement: 'tensorflow-cpu-aws==2.15.1',
    sha256: 'd4c3a3a9363bf42999adedbbd514e3a133be2d62f61fee9cfa46aaefb087c09e',
    platform: 'manylinux_2_17_aarch64',
  },
};

/** What is unpacked: the two libraries, and the headers of the C API. */
const unpackScript = `
import sys, zipfile
wheel, target = sys.argv[1:]
libraries = ('tensorflow/libtensorflow_cc.so.2', 'tensorflow/libtensorflow_framework.so.2')
headers = tuple('tensorflow/include/' + part for part in (
    'tensorflow/c/', 'tensorflow/core/platform/ctstring', 'tsl/c/', 'tsl/platform/ctstring'))
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if name in libraries or name.startswith(headers):
            archive.extract(name, target)
`;

/** Link → library. The addon is linked against the first two names and finds the others when it loads. */
const links = {
  'libtensorflow.so': 'libtensorflow_cc.so.2',
  'libtensorflow.so.2': 'libtensorflow_cc.so.2',
  'libtensorflow_framework.so': 'libtensorflow_framework.so.2',
};

/**
 * @param {import('./addon.mjs').Addon} addon
 * @returns {Promise<string | undefined>} why it did not work, and what to do about it
 */
export async function buildFromWheel({ directory, binary }) {
  const wheel = wheels[process.arch];
  if (process.platform !== 'linux' || wheel === undefined) {
    return `Building it from TensorFlow's wheel works on Linux with x64 or arm64 only, this is ${process.platform} ${process.arch}.`;
  }
  const python = findProgram('python3', 'python');
  const compiler = findProgram('c++', 'g++', 'clang++');
  const hasPip =
    python !== undefined && (await runProgram(python, ['-m', 'pip', '--version'])).exitCode === 0;
  if (!hasPip || compiler === undefined) {
    const missing = [
      ...(hasPip ? [] : ['Python 3 with pip']),
      ...(compiler === undefined ? ['a C++ compiler'] : []),
    ];
    return `Building it here needs ${missing.join(' and ')}: install ${missing.length > 1 ? 'them' : 'it'} and run npm run setup:tensorflow.`;
  }
  const work = path.join(directory, `deps.${process.pid}`);
  try {
    await mkdir(work, { recursive: true });
    return (
      (await unpackWheel({ python, wheel, work })) ??
      (await compileAddon({ compiler, directory, work, binary }))
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * @param {{ python: string, wheel: Wheel, work: string }} options `work` is the folder for it
 * @returns {Promise<string | undefined>} why it did not work
 */
async function unpackWheel({ python, wheel, work }) {
  const { requirement, sha256, platform } = wheel;
  const requirements = path.join(work, 'requirements.txt');
  await writeFile(requirements, `${requirement} --hash=sha256:${sha256}\n`);
  const download = await step(`Downloading ${requirement} (200 MB)`, (update) =>
    runProgram(
      python,
      [
        '-m',
        'pip',
        'download',
        '--no-deps',
        '--require-hashes',
        '--only-binary=:all:',
        '--python-version=3.11',
        `--platform=${platform}`,
        '--progress-bar=off',
        '--disable-pip-version-check',
        `--dest=${work}`,
        `--requirement=${requirements}`,
      ],
      { onLine: update },
    ),
  );
  const file = (await readdir(work)).find((name) => name.endsWith('.whl'));
  if (download.exitCode !== 0 || file === undefined) {
    return `pip could not download ${requirement} (${download.output.split('\n').at(-1)}).`;
  }
  const unpacked = await step('Unpacking it', () =>
    runProgram(python, ['-c', unpackScript, path.join(work, file), work]),
  );
  if (unpacked.exitCode !== 0) return `${file} could not be unpacked (${unpacked.output}).`;
  const libraries = path.join(work, 'deps', 'lib');
  await mkdir(libraries, { recursive: true });
  for (const library of new Set(Object.values(links))) {
    await rename(path.join(work, 'tensorflow', library), path.join(libraries, library));
  }
  for (const [link, library] of Object.entries(links)) {
    await symlink(library, path.join(libraries, link));
  }
  await rename(path.join(work, 'tensorflow/include'), path.join(work, 'deps/include'));
  return undefined;
}

/**
 * Two source files and the C API of Node.js, which is the same in all versions: the compiler is enough, and
 * node-gyp, make and the headers of this very Node.js are not needed.
 * @param {{ compiler: string, directory: string, work: string, binary: string }} options `work` is the folder for it
 * @returns {Promise<string | undefined>} why it did not work
 */
async function compileAddon({ compiler, directory, work, binary }) {
  const require = createRequire(path.join(repositoryRoot, 'package.json'));
  const nodeHeaders = path.join(path.dirname(require.resolve('node-api-headers')), 'include');
  const sources = path.join(directory, 'binding');
  const built = path.join(work, 'tfjs_binding.node');
  const { exitCode, output } = await step('Compiling the addon', () =>
    runProgram(compiler, [
      '-std=c++17',
      '-O2',
      '-fPIC',
      '-shared',
      `-DNAPI_VERSION=${NAPI_VERSION}`,
      `-I${nodeHeaders}`,
      `-I${path.join(work, 'deps/include')}`,
      `-I${directory}`,
      path.join(sources, 'tfjs_backend.cc'),
      path.join(sources, 'tfjs_binding.cc'),
      `-L${path.join(work, 'deps/lib')}`,
      '-ltensorflow',
      '-ltensorflow_framework',
      // As the package's own build: the libraries are found relative to the addon.
      '-Wl,-rpath,$ORIGIN/../../deps/lib',
      '-o',
      built,
    ]),
  );
  if (exitCode !== 0) return `The addon could not be compiled: ${output}`;
  const target = path.join(directory, 'deps');
  if (existsSync(target)) await rm(target, { recursive: true });
  await rename(path.join(work, 'deps'), target);
  await mkdir(path.dirname(binary), { recursive: true });
  await cp(built, binary);
  return undefined;
}
