// docker-compose.yml keeps its promises: scalable, locked up, and closed to the outside.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

interface Service {
  container_name?: string;
  ports?: string[];
  networks: string[];
  environment?: Record<string, string>;
  command?: string[];
  [rule: string]: unknown;
}

const file = readFileSync(new URL('../../docker-compose.yml', import.meta.url), 'utf8');
const compose: {
  services: Record<string, Service>;
  networks: Record<string, { internal?: boolean }>;
} = parse(file, { merge: true });
const services = Object.entries(compose.services);
const service = (name: string) => {
  const found = compose.services[name];
  if (found === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
};

describe('docker-compose.yml', () => {
  it.each(services)('locks %s up', (_name, rules) => {
    expect(rules).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      pids_limit: expect.any(Number),
      mem_limit: expect.stringMatching(/^\d+[mg]$/),
    });
  });

  it.each(services)('pins nothing of %s to one instance', (_name, rules) => {
    expect(rules.container_name).toBeUndefined();
  });

  it('opens one port, on loopback, and says that nobody is asked for a key', () => {
    const open = services.filter(([, { ports }]) => ports !== undefined);
    expect(open.map(([name, { ports }]) => [name, ports])).toEqual([
      ['api', ['127.0.0.1:5000:5000']],
    ]);
    expect(service('api').environment).toMatchObject({ AUTH: 'none' });
  });

  it.each(['redis', 'redis-cache', 'encoder-worker', 'decoder-worker'])(
    'gives %s no way out',
    (name) => {
      const { networks } = service(name);
      expect(networks.map((network) => compose.networks[network]?.internal)).toEqual([true]);
    },
  );

  it.each(['api', 'encoder-worker', 'decoder-worker'])('lets %s stop gracefully', (name) => {
    expect(service(name)).toMatchObject({ init: true, stop_grace_period: '30s' });
  });

  it('never evicts an accepted caption, and has room for twice what is admitted', () => {
    const { command = [] } = service('redis');
    const flag = (name: string) => command[command.indexOf(name) + 1];
    expect(flag('--maxmemory-policy')).toBe('noeviction');
    expect(flag('--appendonly')).toBe('yes');
    const limitBytes = Number(service('api').environment?.QUEUE_LIMIT_BYTES);
    const memoryBytes = Number.parseInt(flag('--maxmemory') ?? '', 10) * 1024 ** 3;
    expect(memoryBytes).toBeGreaterThanOrEqual(2 * limitBytes);
  });
});
