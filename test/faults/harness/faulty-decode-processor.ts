// The decoder worker's processor of the test build: tells its words one by one, with pauses to be killed in.
import {
  createDecodeProcessor as createRealProcessor,
  type DecodeProcessorOptions,
} from '@caption-queue/decoder-worker/processor';
import { announce, pauseMs } from './injected-faults.ts';

export type { CaptionPicture } from '@caption-queue/decoder-worker/processor';

/** As the real one, but for what `injected-faults.ts` says. */
export function createDecodeProcessor(options: DecodeProcessorOptions) {
  return createRealProcessor({
    ...options,
    async captionPicture(request) {
      const told: Parameters<typeof request.onEvent>[0][] = [];
      const output = await options.captionPicture({
        ...request,
        onEvent: (event) => void told.push(event),
      });
      for (const event of told) {
        request.onEvent(event);
        if (event.type !== 'word') continue;
        announce('decoding', event.text);
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
        request.signal.throwIfAborted();
      }
      return output;
    },
  });
}
