// A process that delivers webhooks, so that it can be killed in the middle. See fork.ts.
import { startDelivering } from './webhooks.ts';

const { REDIS_URL = '', PREFIX = '' } = process.env;

await startDelivering({ redisUrl: REDIS_URL, prefix: PREFIX });
process.once('disconnect', () => process.exit()); // the test is gone
process.send?.('started');
