// Finds a Redis server program on this machine, or has the system's package manager install one.
import { findProgram, runProgram } from '../processes.mjs';
import { say, step } from '../report.mjs';

/** Older ones lack commands that the queue uses. */
const MINIMUM_VERSION = { major: 6, minor: 2 };
const MINIMUM_VERSION_TEXT = `${MINIMUM_VERSION.major}.${MINIMUM_VERSION.minor}`;
const VERSION_TIMEOUT_MS = 10_000;

/**
 * @typedef {object} PackageManager
 * @property {string} program
 * @property {Record<string, string>} [environment]
 * @property {string[]} [refresh] reads what there is
 * @property {string[]} install
 * @property {string[]} packages
 * @property {boolean} [asUser] not as root
 */

/**
 * Package managers, and the packages of each that bring a server, tried in this order. Homebrew
 * refuses to run as root; the others need it.
 * @type {PackageManager[]}
 */
const packageManagers = [
  {
    program: 'apt-get',
    environment: { DEBIAN_FRONTEND: 'noninteractive' },
    refresh: ['update'],
    install: ['install', '-y', '--no-install-recommends'],
    packages: ['redis-server', 'valkey-server'],
  },
  { program: 'dnf', install: ['install', '-y'], packages: ['valkey', 'redis'] },
  { program: 'apk', install: ['add', '--no-cache'], packages: ['valkey', 'redis'] },
  { program: 'pacman', install: ['-Sy', '--noconfirm'], packages: ['valkey', 'redis'] },
  {
    program: 'zypper',
    install: ['--non-interactive', 'install'],
    packages: ['valkey', 'redis'],
  },
  { program: 'yum', install: ['install', '-y'], packages: ['valkey', 'redis'] },
  { program: 'brew', install: ['install'], packages: ['redis', 'valkey'], asUser: true },
];

/**
 * @returns {Promise<{ program: string, version: string } | undefined>} a server new enough to use;
 *   says so when there is only an older one
 */
export async function findServerProgram() {
  for (const name of ['redis-server', 'valkey-server']) {
    const program = findProgram(name);
    if (program === undefined) continue;
    const { output } = await runProgram(program, ['--version'], { timeoutMs: VERSION_TIMEOUT_MS });
    const version = /\bv=(\d+\.\d+[.\d]*)/.exec(output)?.[1];
    if (version === undefined) continue;
    if (isNewEnough(version)) return { program, version };
    say(`Redis: ${program} is version ${version}; ${MINIMUM_VERSION_TEXT} or newer is needed.`);
  }
  return undefined;
}

/** @param {string} version */
function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const least = MINIMUM_VERSION;
  return major > least.major || (major === least.major && minor >= least.minor);
}

/**
 * Installs a server with the system's package manager, as root or through `sudo -n` (which never asks
 * for a password). Every command is announced before it runs.
 * @returns {Promise<string[]>} what was tried in vain, one line each; empty when a server is there now
 */
export async function installServerProgram() {
  const manager = packageManagers.find(({ program }) => findProgram(program) !== undefined);
  if (manager === undefined) return ['No known package manager was found.'];
  const prefix = await findPrivilege(manager);
  if (prefix === undefined) {
    return [
      `${manager.program} needs root, and sudo is not allowed without a password. ` +
        `By hand: sudo ${[manager.program, ...manager.install, manager.packages[0]].join(' ')}`,
    ];
  }
  const failures = [];
  if (manager.refresh) failures.push(...(await run(manager, prefix, manager.refresh)));
  for (const name of manager.packages) {
    const failed = await run(manager, prefix, [...manager.install, name]);
    if (failed.length === 0 && (await findServerProgram()) !== undefined) return [];
    failures.push(...failed);
  }
  return failures;
}

/**
 * @param {PackageManager} manager
 * @returns what goes before the command, or undefined when the right to install is missing
 */
async function findPrivilege({ asUser }) {
  if (asUser || process.getuid?.() === 0) return [];
  const sudo = findProgram('sudo');
  if (sudo === undefined) return undefined;
  const { exitCode } = await runProgram(sudo, ['-n', 'true'], { timeoutMs: VERSION_TIMEOUT_MS });
  return exitCode === 0 ? [sudo, '-n'] : undefined;
}

/**
 * @param {PackageManager} manager
 * @param {string[]} prefix as `findPrivilege` found it
 * @param {string[]} args
 * @returns {Promise<string[]>} what failed, in one line; empty when nothing did
 */
async function run(manager, prefix, args) {
  const file = findProgram(manager.program) ?? manager.program;
  const [program = file, ...rest] = [...prefix, file, ...args];
  const shown = [...(prefix.length > 0 ? ['sudo -n'] : []), manager.program, ...args].join(' ');
  say(`Redis: not found; installing it system-wide: ${shown}`);
  const { exitCode, output } = await step(shown, (update) =>
    runProgram(program, rest, { env: manager.environment, onLine: update }),
  );
  if (exitCode === 0) return [];
  return [`\`${shown}\` failed (exit code ${exitCode}): ${output.split('\n').at(-1)}`];
}
