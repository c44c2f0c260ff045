// Asks a Redis server whether it serves, over a bare socket: no package may be needed for it.
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const ATTEMPT_TIMEOUT_MS = 1_000;
const PAUSE_MS = 50;

/**
 * Waits until the server answers PING. While it still reads its data from disk it answers LOADING.
 * @param {{ port: number, password: string, timeoutMs: number, signal?: AbortSignal }} options
 * @returns {Promise<boolean>} whether it answered in time
 */
export async function waitForPong({ port, password, timeoutMs, signal }) {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline && !signal?.aborted) {
    const reply = await ask(port, `AUTH ${password}\r\nPING\r\n`);
    if (reply.includes('+PONG')) return true;
    await delay(PAUSE_MS);
  }
  return false;
}

/**
 * @param {number} port
 * @param {string} commands
 * @returns {Promise<string>} both replies, or whatever came before the connection failed
 */
function ask(port, commands) {
  return new Promise((resolve) => {
    let reply = '';
    const socket = connect({ port, host: '127.0.0.1' });
    const finish = () => {
      socket.destroy();
      resolve(reply);
    };
    socket.setTimeout(ATTEMPT_TIMEOUT_MS, finish);
    socket.once('connect', () => socket.write(commands));
    socket.once('error', finish);
    socket.once('close', finish);
    socket.on('data', (chunk) => {
      reply += chunk;
      if (reply.split('\r\n').length > 2) finish();
    });
  });
}
