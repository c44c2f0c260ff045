// `npm run bench`: measures this machine, prints tables and writes the same as JSON.
import { availableParallelism } from 'node:os';
import { normaliseImage } from '@caption-queue/imaging/normalise';
import { DEFAULT_BUNDLE } from '@caption-queue/model/bundle';
import { hasTensorFlow } from '@caption-queue/test/support/model/engines';
import { variedPhotos } from '@caption-queue/test/support/pictures/varied-photos';
import { benchApi } from './api.ts';
import { compareWith } from './compare.ts';
import { benchDecoder, benchEncoder } from './inference.ts';
import { readOptions } from './options.ts';
import { benchRedisBytes } from './redis-bytes.ts';
import { type Results, startResults } from './results.ts';
import { benchService, type ServiceRun } from './service.ts';

const options = readOptions('npm run bench', {
  model: { default: DEFAULT_BUNDLE, about: 'Bundle: a name in models/, or a folder' },
  photos: { default: '200', about: 'Different photos that are posted' },
  rounds: { default: '30', about: 'Runs of each part of the model' },
  compare: { about: 'A commit to measure in turn with this checkout; prints both and their ratio' },
  out: { default: 'bench/results', about: 'Folder for the results as JSON' },
});
const { compare, out, ...measured } = options;
const results = startResults({ folder: out, ...(compare && { name: 'compared' }) });
if (compare === undefined) {
  await measureAll(results);
} else {
  const args = Object.entries(measured).flatMap(([name, value]) => [`--${name}`, value]);
  const tables = await compareWith(compare, args);
  for (const [title, rows] of Object.entries(tables)) results.show(title, rows);
}
await results.write();

async function measureAll({ show }: Results): Promise<void> {
  const cores = availableParallelism();

  const photos = await variedPhotos(Number(options.photos));
  const pictures = await Promise.all(
    photos.slice(0, 10).map(async (photo) => (await normaliseImage(photo)).pixels),
  );
  const inference = {
    model: options.model,
    pictures,
    rounds: Number(options.rounds),
    tensorFlow: hasTensorFlow(),
  };
  show(
    'Encoder, one picture',
    await benchEncoder({
      ...inference,
      threads: [1, cores].filter((n, i, all) => all.indexOf(n) === i),
    }),
  );
  show('Decoder, one picture, one thread', await benchDecoder(inference));
  show('The API’s own time, one request at a time', await benchApi({ photos }));
  const runs: ServiceRun[] = [];
  for (const encoders of [1, 2]) {
    const threads = Math.max(1, Math.floor(cores / encoders));
    runs.push(await benchService({ model: options.model, photos, encoders, threads }));
  }
  show(
    'Service, end to end',
    runs.flatMap((run) => run.passes),
  );
  show(
    'CPU time in milliseconds a caption',
    runs.flatMap((run) => run.cpuTimes),
  );
  show(
    'Requests under load',
    runs.flatMap((run) => run.requests),
  );
  show(
    'Memory after the load',
    runs.flatMap((run) => run.memory),
  );
  show('Memory in Redis', await benchRedisBytes({ model: options.model, photos }));
}
