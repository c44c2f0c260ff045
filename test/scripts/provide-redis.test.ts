// Where `npm start` gets a Redis from, when nothing suitable is on the path: each way is announced.
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const module = new URL('../../scripts/lib/redis/provide.mjs', import.meta.url);
const settings = { queueLimitBytes: 1024 ** 3 };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'provide-redis-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function addProgram(name: string, script: string): Promise<void> {
  const file = path.join(folder, name);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
}

/** Runs the module in a process whose path holds only the programs that were added. */
function provide(given: object = settings): Promise<{ said: string; found: string }> {
  const script = `
    const { provideRedis } = await import(${JSON.stringify(module.href)});
    const { servers, urls } = await provideRedis(${JSON.stringify(given)});
    console.log(JSON.stringify({ commands: servers.map((s) => [s.name, s.command, ...s.args]), urls: Object.keys(urls), input: servers.map((s) => s.input) }));
  `;
  const env = { PATH: folder, DATA_DIR: path.join(folder, 'data') };
  return new Promise((resolve) => {
    execFile(process.execPath, ['--input-type=module', '--eval', script], { env }, (_e, out, err) =>
      resolve({ said: err, found: out }),
    );
  });
}

const server = (version: string) => `echo "Redis server v=${version} sha=0 bits=64"`;
/** A package manager that leaves a server on the path, and notes what it was asked. */
const manager = (installs: string) => `
  echo "$@" >> "${'$'}{0%/*}/asked"
  if [ "$1" = install ]; then
    printf '#!/bin/sh\\necho "Redis server v=7.0.15"\\n' > "${'$'}{0%/*}/${installs}"
    /bin/chmod +x "${'$'}{0%/*}/${installs}"
  fi`;

describe('the Redis of npm start', () => {
  it('comes from the path, twice, with opposite settings, and no password in an argument', async () => {
    await addProgram('redis-server', server('7.2.4'));
    const { found, said } = await provide();
    const { commands, urls, input } = JSON.parse(found);
    expect(said).toContain('redis-server 7.2.4');
    expect(commands).toEqual([
      ['redis', path.join(folder, 'redis-server'), '-'],
      ['redis-cache', path.join(folder, 'redis-server'), '-'],
    ]);
    expect(urls).toEqual(['REDIS_URL', 'CACHE_REDIS_URL']);
    expect(input[0]).toMatch(/^maxmemory 2147483648$/m);
    expect(input[0]).toMatch(/^maxmemory-policy noeviction\nappendonly yes$/m);
    expect(input[1]).toMatch(/^maxmemory-policy allkeys-lru\nappendonly no$/m);
  });

  it('is a given one, whose password is not printed', async () => {
    const { said, found } = await provide({ ...settings, redisUrl: 'redis://:secret@10.0.0.1' });
    expect(said).toContain('redis://:***@10.0.0.1');
    expect(said).not.toContain('secret');
    expect(JSON.parse(found).commands).toEqual([]);
  });

  it('comes from Docker when the server on the path is too old', async () => {
    await addProgram('redis-server', server('5.0.3'));
    await addProgram('docker', 'exit 0');
    const { found, said } = await provide();
    expect(said).toMatch(/version 5\.0\.3; 6\.2 or newer is needed/);
    expect(said).toContain('using Docker');
    expect(JSON.parse(found).commands[0]).toContain('caption-queue-npm-start:/data');
  });

  it.runIf(process.getuid?.() === 0)(
    'is installed by the package manager, which is announced',
    async () => {
      await addProgram('apt-get', manager('redis-server'));
      const { found, said } = await provide();
      expect(said).toContain('apt-get install -y --no-install-recommends redis-server');
      expect(JSON.parse(found).commands).toHaveLength(2);
    },
  );

  it('is asked for in one clear line when there is no way to it', async () => {
    const { found, said } = await provide();
    expect(found).toBe('');
    expect(said).toContain('No known package manager was found.');
    expect(said).toContain('set REDIS_URL to a server that runs already');
  });
});
