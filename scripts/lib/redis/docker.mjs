// Redis in a Docker container, for machines that have an engine but no Redis server.
import { findProgram, runProgram } from '../processes.mjs';
import { Refusal, say, step } from '../report.mjs';

/** The same image as docker-compose.yml. */
const IMAGE = 'valkey/valkey:8.1-bookworm';
const ENGINE_TIMEOUT_MS = 10_000;
const CONTAINER_PORT = 6379;

/** @returns {Promise<string | undefined>} the docker program, when its engine answers */
export async function findDocker() {
  const program = findProgram('docker');
  if (program === undefined) return undefined;
  const { exitCode } = await runProgram(program, ['version', '--format', '{{.Server.Version}}'], {
    timeoutMs: ENGINE_TIMEOUT_MS,
  });
  return exitCode === 0 ? program : undefined;
}

/**
 * Downloads the image unless the engine has it.
 * @param {string} docker the program
 */
export async function pullImage(docker) {
  const present = await runProgram(docker, ['image', 'inspect', IMAGE]);
  if (present.exitCode === 0) return;
  say(`Redis: downloading the image ${IMAGE}`);
  const { exitCode, output } = await step('docker pull', (update) =>
    runProgram(docker, ['pull', IMAGE], { onLine: update }),
  );
  if (exitCode !== 0) {
    throw new Refusal(
      `Docker could not download ${IMAGE}: ${output.split('\n').at(-1)} ` +
        'Install redis-server, or set REDIS_URL to a server that runs already.',
    );
  }
}

/**
 * @param {string} docker the program
 * @param {import('./roles.mjs').Role} role
 * @returns {import('./roles.mjs').ServerCommand} how to run it: the container stops with its client, the data stays in a named volume
 */
export function dockerCommand(docker, role) {
  return {
    command: docker,
    args: [
      'run',
      '--rm',
      '--interactive',
      '--init',
      '--label=caption-queue=npm-start',
      `--publish=127.0.0.1:${role.port}:${CONTAINER_PORT}`,
      ...(role.role === 'durable' ? ['--volume', 'caption-queue-npm-start:/data'] : []),
      IMAGE,
      'valkey-server',
      '-',
    ],
    input: role.configuration({ directory: '/data', bind: '* -::*', port: CONTAINER_PORT }),
  };
}
