// HTTP as text on a socket, for requests that no client library would send.
import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Opens a connection, lets `send` write, and answers what came back until the server closed or a whole answer is there. */
export function exchange(
  port: number,
  send: (socket: Socket) => void | Promise<void>,
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const chunks: Buffer[] = [];
    const finish = () => {
      const answer = parseAnswer(Buffer.concat(chunks).toString('latin1'));
      if (answer === undefined) reject(new Error('The connection ended without an answer.'));
      else resolve(answer);
      socket.destroy();
    };
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      const answer = parseAnswer(Buffer.concat(chunks).toString('latin1'));
      if (answer !== undefined && isComplete(answer)) finish();
    });
    socket.on('end', finish);
    socket.on('close', finish);
    socket.on('error', (error) => {
      if (chunks.length > 0) finish();
      else reject(error);
    });
    socket.on('connect', () => void send(socket));
  });
}

function isComplete({ status, headers, body }: RawAnswer): boolean {
  return (
    status === 204 || body.length >= Number(headers['content-length'] ?? Number.POSITIVE_INFINITY)
  );
}

function parseAnswer(received: string): RawAnswer | undefined {
  const text = received.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '');
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const [statusLine = '', ...lines] = text.slice(0, headEnd).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return { status: Number(statusLine.split(' ')[1]), headers, body: text.slice(headEnd + 4) };
}
