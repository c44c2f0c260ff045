// A network that misbehaves: stands between the services and Redis, and does to connections what networks do.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

type Mode = 'pass' | 'paused' | 'dropping' | 'resetting';

export interface TcpProxy {
  readonly port: number;
  /** Everything goes through again. Connections that lost bytes stay silent, as they would. */
  pass(options?: { delayMs?: number }): void;
  /** Bytes wait, and go on when they may pass. */
  pause(): void;
  /** Bytes vanish; connections are accepted and hear nothing. */
  blackHole(): void;
  /** Connections get a reset, new ones too. */
  reset(): void;
  /** The next answers of the target are lost once it has begun them: of each, all but `keptBytes` (default 0). */
  loseAnswers(count: number, keptBytes?: number): void;
  /** Ends every connection once. New ones pass. */
  cut(): void;
  close(): Promise<void>;
}

/** @param target a port of this machine */
export async function startTcpProxy(target: number): Promise<TcpProxy> {
  let mode: Mode = 'pass';
  let delayMs = 0;
  let answersToLose = 0;
  let bytesToKeep = 0;
  const sockets = new Set<Socket>();
  const held: (() => void)[] = [];

  function track(socket: Socket, other: Socket): void {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      other.destroy();
    });
  }

  const server = createServer((client) => {
    if (mode === 'resetting') {
      client.on('error', () => undefined);
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(target, '127.0.0.1');
    let lostBytes = mode === 'dropping';
    const forward = (to: Socket) => (chunk: Buffer) => {
      if (lostBytes || mode === 'dropping') {
        lostBytes = true;
        return;
      }
      const send = () => void (to.writable && to.write(chunk));
      if (mode === 'paused') held.push(send);
      else if (delayMs > 0) setTimeout(send, delayMs);
      else send();
    };
    track(client, upstream);
    track(upstream, client);
    client.on('data', forward(upstream));
    const answer = forward(client);
    upstream.on('data', (chunk) => {
      if (answersToLose === 0) return answer(chunk);
      answersToLose -= 1;
      if (bytesToKeep === 0) client.resetAndDestroy();
      else client.end(chunk.subarray(0, bytesToKeep));
    });
  });

  function resetAll(): void {
    for (const socket of sockets) socket.resetAndDestroy();
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    port: (server.address() as AddressInfo).port,
    pass(options = {}) {
      mode = 'pass';
      delayMs = options.delayMs ?? 0;
      for (const send of held.splice(0)) send();
    },
    pause() {
      mode = 'paused';
    },
    blackHole() {
      mode = 'dropping';
    },
    reset() {
      mode = 'resetting';
      resetAll();
    },
    loseAnswers(count, keptBytes = 0) {
      answersToLose = count;
      bytesToKeep = keptBytes;
    },
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      resetAll();
      await closed;
    },
  };
}
