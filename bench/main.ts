// `npm run bench`: measures this machine, prints tables and writes the same as JSON.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { normaliseImage } from '@caption-queue/imaging/normalise';
import { DEFAULT_BUNDLE } from '@caption-queue/model/bundle';
import { hasTensorFlow } from '@caption-queue/test/support/model/engines';
import { variedPhotos } from '@caption-queue/test/support/pictures/varied-photos';
import { benchApi } from './api.ts';
import { benchDecoder, benchEncoder } from './inference.ts';
import { benchRedisBytes } from './redis-bytes.ts';
import { startResults } from './results.ts';
import { benchService, type ServiceRun } from './service.ts';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: DEFAULT_BUNDLE },
    photos: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '30' },
    out: { type: 'string', default: 'bench/results' },
  },
});

const cores = availableParallelism();
const { show, write } = startResults({ folder: values.out });

const photos = await variedPhotos(Number(values.photos));
const pictures = await Promise.all(
  photos.slice(0, 10).map(async (photo) => (await normaliseImage(photo)).pixels),
);
const inference = {
  model: values.model,
  pictures,
  rounds: Number(values.rounds),
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
  runs.push(await benchService({ model: values.model, photos, encoders, threads }));
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
show('Memory in Redis', await benchRedisBytes({ model: values.model, photos }));

await write();
