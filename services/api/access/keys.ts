// `npm run keys -- create|list|revoke`: API keys, from the command line of whoever runs the service.
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { closeRedis, createRedis } from '@caption-queue/redis/connection';
import { redisSettings } from '@caption-queue/redis/settings';
import { loadConfig } from '@caption-queue/runtime/config';
import { createLogger, printableUrl } from '@caption-queue/runtime/logger';
import Type from 'typebox';
import { Value } from 'typebox/value';
import {
  type ApiKey,
  type ApiKeys,
  createApiKeys,
  DEFAULT_TENANT,
  scopes,
  Tenant,
} from './api-keys.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const EXIT_USAGE = 64;

const USAGE = `Usage: npm run keys -- create [--tenant NAME] [--scopes LIST] [--name TEXT]
       npm run keys -- list [--json]
       npm run keys -- revoke ID

  --tenant  whose captions and webhooks the key sees. Default: ${DEFAULT_TENANT}
  --scopes  with commas, of ${scopes.join(', ')}. Default: captions:read,captions:write
  --name    for people: where the key is used

The key is printed once and can't be shown again. REDIS_URL and REDIS_PREFIX say where keys are kept.`;

/** What was typed can't be done; the message says what to type. */
class UsageError extends Error {}

try {
  const { values, positionals } = readArguments();
  if (values.help) console.log(USAGE);
  else await withApiKeys((apiKeys) => run(apiKeys, { values, positionals }));
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  console.error(error instanceof UsageError ? `${message}\n\n${USAGE}` : message);
  process.exitCode = error instanceof UsageError ? EXIT_USAGE : 1;
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        tenant: { type: 'string', default: DEFAULT_TENANT },
        scopes: { type: 'string', default: 'captions:read,captions:write' },
        name: { type: 'string', default: '' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

async function run(
  apiKeys: ApiKeys,
  { values, positionals: [command, id, ...rest] }: ReturnType<typeof readArguments>,
): Promise<void> {
  if (rest.length > 0) throw new UsageError(`"${rest[0]}" is one word too many.`);
  if (command === 'create' && id === undefined) {
    if (!Value.Check(Tenant, values.tenant)) {
      throw new UsageError(
        `"${values.tenant}" is no tenant: lower-case letters, digits and hyphens, at most 63.`,
      );
    }
    const { key, record } = await apiKeys.create({
      tenant: values.tenant,
      scopes: readScopes(values.scopes),
      name: values.name,
    });
    console.error(`Key ${record.id} of tenant ${record.tenant}. It is shown only now:`);
    console.log(key);
  } else if (command === 'list' && id === undefined) {
    const list = await apiKeys.list();
    for (const record of list) console.log(values.json ? JSON.stringify(record) : line(record));
    if (list.length === 0) console.error('There is no key yet; "create" makes one.');
  } else if (command === 'revoke' && id !== undefined) {
    // People paste the whole key as well.
    const [, pasted = id] = /^cq_([0-9a-f]{16})(?:_|$)/.exec(id) ?? [];
    if (!(await apiKeys.revoke(pasted))) throw new Error(`There is no key ${pasted}.`);
    console.error(`Key ${pasted} is revoked.`);
  } else {
    throw new UsageError('Say create, list or revoke ID.');
  }
}

function readScopes(text: string): ApiKey['scopes'] {
  return text.split(',').map((word) => {
    const scope = scopes.find((known) => known === word.trim());
    if (scope === undefined) throw new UsageError(`"${word.trim()}" is no scope.`);
    return scope;
  });
}

function line({ id, created_at, tenant, scopes: granted, name }: ApiKey): string {
  return [id, created_at.slice(0, 10), tenant, granted.join(','), name].join('  ').trimEnd();
}

async function withApiKeys(use: (apiKeys: ApiKeys) => Promise<void>): Promise<void> {
  const settings = loadConfig(Type.Object(redisSettings), process.env);
  const redis = createRedis({
    url: settings.REDIS_URL,
    tls: settings,
    role: 'producer',
    logger: createLogger({ name: 'keys', level: 'silent' }),
  });
  try {
    await once(redis, 'ready', { signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS) }).catch(() => {
      throw new Error(
        `Redis does not answer at ${printableUrl(settings.REDIS_URL)}. Set REDIS_URL to the service’s, or start it.`,
      );
    });
    await use(createApiKeys({ redis, prefix: settings.REDIS_PREFIX }));
  } finally {
    closeRedis(redis);
  }
}
