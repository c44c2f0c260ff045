// The encoder worker's processor of the test build: slow, and deadly when it meets a deadly picture.
import {
  createEncodeProcessor as createRealProcessor,
  type EncodeProcessorOptions,
} from '@caption-queue/encoder-worker/processor';
import { announce, isDeadly, pauseMs } from './injected-faults.ts';

export type { PictureEncoder } from '@caption-queue/encoder-worker/processor';

/** As the real one, but for what `injected-faults.ts` says. */
export function createEncodeProcessor(options: EncodeProcessorOptions) {
  const encodeCaption = createRealProcessor(options);
  return async (...[claim, signal]: Parameters<typeof encodeCaption>): Promise<void> => {
    announce('encoding', claim.captionId);
    if (isDeadly(claim.pixels)) process.kill(process.pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    await encodeCaption(claim, signal);
  };
}
