// The API starts only with settings that make sense, and never opens itself to others by accident.
import { ConfigError } from '@caption-queue/runtime/config';
import { describe, expect, it } from 'vitest';
import { loadApiSettings, parseTrustProxy } from '../../services/api/settings.ts';

function complaint(env: Record<string, string>): string {
  try {
    loadApiSettings(env);
    return 'none';
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

describe('the API’s settings', () => {
  it('have the documented defaults', () => {
    expect(loadApiSettings({})).toMatchObject({
      PORT: 5000,
      HOST: '127.0.0.1',
      MAX_UPLOAD_BYTES: 20 * 1024 * 1024,
      MAX_PIXELS: 100_000_000,
      QUEUE_LIMIT: 2000,
      QUEUE_LIMIT_BYTES: 1024 ** 3,
      RETENTION_SECONDS: 604_800,
      IMAGING_PROCESSES: 2,
      REDIS_PREFIX: '{cq}',
    });
  });

  it.each(['0.0.0.0', '::', '192.168.1.5', 'example.com', '127.0.0.1.example.com'])(
    'refuse to listen on %s unless AUTH=none is said',
    (HOST) => {
      expect(complaint({ HOST })).toMatch(/Say AUTH=none/);
      expect(complaint({ HOST, AUTH: 'none' })).toBe('none');
    },
  );

  it.each(['127.0.0.1', 'localhost', '::1', '127.8.9.10'])('need no AUTH on %s', (HOST) => {
    expect(complaint({ HOST })).toBe('none');
  });

  it('say that keys are still to come', () => {
    expect(complaint({ AUTH: 'required' })).toMatch(/later release/);
  });

  it.each([
    { PORT: 'abc' },
    { PORT: '70000' },
    { AUTH: 'maybe' },
    { PUBLIC_URL: 'captions.example.com' },
    { PUBLIC_URL: 'https://user:pw@captions.example.com' },
    { MAX_UPLOAD_BYTES: '-1' },
    { IMAGING_PROCESSES: '0' },
  ])('name what is wrong: %o', (env) => {
    expect(complaint(env)).toContain(Object.keys(env)[0]);
  });

  it('tell Fastify which proxies to believe', () => {
    expect(parseTrustProxy('true')).toBe(true);
    expect(parseTrustProxy('false')).toBe(false);
    expect(parseTrustProxy('10.0.0.0/8, 192.168.0.1')).toBe('10.0.0.0/8, 192.168.0.1');
    const hops = parseTrustProxy('2') as (address: string, hop: number) => boolean;
    expect([0, 1, 2].map((hop) => hops('10.0.0.1', hop))).toEqual([true, true, false]);
  });
});
