// One imaging child process: pictures in, pixels out. Whatever a hostile picture does, it does it here,
// in a process without secrets that the API can kill.
import { DomainError } from '@caption-queue/contract/errors';
import { normaliseImage } from '@caption-queue/imaging/normalise';
import type { ImagingReply, ImagingRequest } from './child.ts';

const held = () => ({ heldBytes: process.memoryUsage().external });
const send = (reply: ImagingReply) => process.send?.(reply);

process.on('message', ({ bytes, limits }: ImagingRequest) => {
  normaliseImage(bytes, limits).then(
    (image) => send({ type: 'image', image, ...held() }),
    (error: unknown) => {
      // Anything unexpected ends this process, which the API answers for.
      if (!(error instanceof DomainError)) throw error;
      send({ type: 'problem', code: error.code, detail: error.message, ...held() });
    },
  );
});

// The API decides when this process ends; a Ctrl-C at the terminal reaches the whole group.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('disconnect', () => process.exit(0));
// The API may have died before this process could hear of it.
if (process.connected !== true) process.exit(0);

send({ type: 'ready' });
