// `npm run bench:load`: more and more pictures a second until the service refuses, and for a minute beyond.
import { availableParallelism } from 'node:os';
import { DEFAULT_BUNDLE } from '@caption-queue/model/bundle';
import { variedPhotos } from '@caption-queue/test/support/pictures/varied-photos';
import { startStack } from '@caption-queue/test/support/processes/service-stack';
import { runRamp } from './load/arrivals.ts';
import { type Outcome, toStages, toSteps, toTotals } from './load/summary.ts';
import { readOptions } from './options.ts';
import { startResults } from './results.ts';

const values = readOptions('npm run bench:load', {
  model: { default: DEFAULT_BUNDLE, about: 'Bundle: a name in models/, or a folder' },
  encoders: { default: '1', about: 'Encoder workers' },
  decoders: { default: '1', about: 'Decoder workers' },
  'queue-limit': {
    default: '100',
    about: 'Captions in work at once; how long the last one waits is this by the captions a second',
  },
  step: { default: '10', about: 'Seconds until one more arrives each second' },
  beyond: { default: '60', about: 'Seconds to go on after the first refusal' },
  'max-rate': { default: '200', about: 'Most arrivals a second' },
  photos: { default: '200', about: 'Different photos that are posted' },
  seed: { default: '1', about: 'Of the moments at which they arrive' },
  out: { default: 'bench/results', about: 'Folder for the results as JSON' },
});
const seconds = (text: string) => Number(text) * 1000;
const stepMs = seconds(values.step);
const [encoders, decoders] = [Number(values.encoders), Number(values.decoders)];

const results = startResults({ folder: values.out, name: 'load' });
const photos = await variedPhotos(Number(values.photos));
const stack = await startStack({
  model: values.model,
  encoders,
  decoders,
  // Each picture is encoded, also one that came before.
  env: { QUEUE_LIMIT: values['queue-limit'], FEATURE_CACHE_TTL_SECONDS: '0' },
});
try {
  for (const photo of photos.slice(0, 10)) await stack.finished((await stack.post(photo)).id);
  const cpuBefore = process.cpuUsage();
  const arrivals = await runRamp({
    url: stack.url,
    photos,
    stepMs,
    beyondMs: seconds(values.beyond),
    maxRate: Number(values['max-rate']),
    seed: Number(values.seed),
    onStep: (rate) => console.error(`${rate} arrivals a second`),
  });
  const { user, system } = process.cpuUsage(cpuBefore);
  const lastArrivalAt = arrivals.at(-1)?.dueAt ?? Date.now();
  const outcomes: Outcome[] = [];
  for (const arrival of arrivals) {
    const { id } = arrival;
    outcomes.push(id === undefined ? arrival : { ...arrival, caption: await stack.finished(id) });
  }
  const workers = `${encoders} encoder(s), ${decoders} decoder(s), queue of ${values['queue-limit']}`;
  results.show(
    `One more arrival a second every ${values.step} s: ${workers}`,
    toSteps(outcomes, stepMs),
  );
  results.show('By stage', toStages(outcomes));
  results.show(
    'In all',
    toTotals({
      outcomes,
      lastArrivalAt,
      generatorCpuMs: (user + system) / 1000,
      cores: availableParallelism(),
    }),
  );
  await results.write();
} finally {
  await stack.stop();
}
