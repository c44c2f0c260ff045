// Where the addon of @tensorflow/tfjs-node lies, and whether it works.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { repositoryRoot } from '../paths.mjs';
import { runProgram } from '../processes.mjs';
import { Refusal } from '../report.mjs';

/** N-API version that the addon is built for; every Node.js since 12.22 has it. */
export const NAPI_VERSION = 8;

/** Loading takes a second; on a busy machine several. */
const LOAD_TIMEOUT_MS = 60_000;

const require = createRequire(path.join(repositoryRoot, 'package.json'));

/**
 * @typedef {{ directory: string, version: string, binary: string, marker: string }} Addon
 * @returns {Addon}
 * @throws Refusal when its package is not installed
 */
export function locateAddon() {
  let manifest;
  try {
    manifest = require.resolve('@tensorflow/tfjs-node/package.json');
  } catch {
    throw new Refusal('The package @tensorflow/tfjs-node is not installed; run npm install.');
  }
  const directory = path.dirname(manifest);
  return {
    directory,
    version: JSON.parse(readFileSync(manifest, 'utf8')).version,
    binary: path.join(directory, 'lib', `napi-v${NAPI_VERSION}`, 'tfjs_binding.node'),
    marker: path.join(directory, 'deps', 'usable-on'),
  };
}

/**
 * Loads the addon in a process of its own, as shared/model/engines does, and multiplies two numbers.
 * @param {Addon} addon
 */
export async function isUsable({ directory, binary }) {
  if (!existsSync(binary)) return false;
  const program = `
    const util = require('node:util');
    util.isNullOrUndefined ??= (value) => value === null || value === undefined;
    util.isArray ??= Array.isArray;
    const tf = require(${JSON.stringify(directory)});
    if (tf.tensor1d([2]).mul(3).dataSync()[0] !== 6) process.exit(1);`;
  const { exitCode } = await runProgram(process.execPath, ['-e', program], {
    cwd: repositoryRoot,
    env: { TF_CPP_MIN_LOG_LEVEL: '2' },
    timeoutMs: LOAD_TIMEOUT_MS,
  });
  return exitCode === 0;
}

/**
 * Remembers that it loaded, so that the next run need not try; deleted with the package.
 * @param {Addon} addon
 */
export function markUsable(addon) {
  mkdirSync(path.dirname(addon.marker), { recursive: true });
  writeFileSync(addon.marker, platformOf(addon));
}

/** @param {Addon} addon */
export function wasMarkedUsable(addon) {
  try {
    return existsSync(addon.binary) && readFileSync(addon.marker, 'utf8') === platformOf(addon);
  } catch {
    return false;
  }
}

/** @param {Addon} addon */
function platformOf({ version }) {
  return `${version} ${process.platform} ${process.arch}\n`;
}
