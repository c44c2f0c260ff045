// `npm run keys`: the API keys of REDIS_URL, or of the services that `npm start` runs here.
import { notedRedisUrl } from './lib/redis/note.mjs';

process.env.REDIS_URL ||= notedRedisUrl() ?? '';
process.argv.splice(2, 0, 'services/api/access/keys.ts');
await import('./run.mjs');
