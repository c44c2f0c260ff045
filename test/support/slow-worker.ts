// A worker process with a made-up model that is slow enough to be killed in the middle. See fork.ts.
//
// STAGE: encode or decode. WORK_MS: how long a picture takes. Says `working` when it began one.
import { createLifecycle, endOnSignals } from '@caption-queue/runtime/lifecycle';
import { createWorkerSide, fakeFeatures, generateFake, silentLogger } from './pipeline.ts';

const { REDIS_URL = '', PREFIX = '', STAGE, WORK_MS } = process.env;

function work(signal?: AbortSignal): Promise<void> {
  process.send?.('working');
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, Number(WORK_MS));
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

const workers = createWorkerSide({
  url: REDIS_URL,
  prefix: PREFIX,
  stages: [STAGE === 'decode' ? 'decode' : 'encode'],
  async encode(pixels) {
    await work();
    return fakeFeatures(pixels);
  },
  async generate(request) {
    request.onEvent({ type: 'word', index: 0, text: 'half', logProb: -1 });
    await work(request.signal);
    return generateFake(request);
  },
});

process.once('disconnect', () => process.exit()); // the test is gone

const lifecycle = createLifecycle({ logger: silentLogger });
lifecycle.onShutdown('workers', () => workers.stop({ graceMs: 200 }));
endOnSignals({ lifecycle, logger: silentLogger });
