// The API starts only with settings that make sense, and never opens itself to others by accident.

import { loadApiSettings, parseOrigins, parseTrustProxy } from '@caption-queue/api/settings';
import { ConfigError } from '@caption-queue/runtime/config';
import { describe, expect, it } from 'vitest';

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
    'ask for keys on %s unless AUTH=none is said',
    (HOST) => {
      expect(loadApiSettings({ HOST })).toMatchObject({ AUTH: 'required', RATE_LIMIT: 600 });
      expect(loadApiSettings({ HOST, AUTH: 'none' })).toMatchObject({ AUTH: 'none' });
    },
  );

  it.each(['127.0.0.1', 'localhost', '::1', '127.8.9.10'])('need no key on %s', (HOST) => {
    expect(loadApiSettings({ HOST })).toMatchObject({ AUTH: 'none', RATE_LIMIT: 0 });
    expect(loadApiSettings({ HOST, AUTH: 'required' })).toMatchObject({ AUTH: 'required' });
  });

  it('limit the rate of keys alone', () => {
    expect(loadApiSettings({ RATE_LIMIT: '5' }).RATE_LIMIT).toBe(0);
    expect(loadApiSettings({ AUTH: 'required', RATE_LIMIT: '5' }).RATE_LIMIT).toBe(5);
    expect(loadApiSettings({ AUTH: 'required', RATE_LIMIT: '0' }).RATE_LIMIT).toBe(0);
  });

  it('read origins as a list', () => {
    const origins = (text: string) =>
      parseOrigins(loadApiSettings({ CORS_ORIGINS: text }).CORS_ORIGINS);
    expect(origins('')).toEqual([]);
    expect(origins('https://Shop.example, http://localhost:3000')).toEqual([
      'https://shop.example',
      'http://localhost:3000',
    ]);
    expect(origins('*')).toEqual(['*']);
  });

  it.each([
    { PORT: 'abc' },
    { PORT: '70000' },
    { AUTH: 'maybe' },
    { CORS_ORIGINS: 'shop.example' },
    { CORS_ORIGINS: 'https://shop.example/path' },
    { CORS_ORIGINS: ',https://shop.example' },
    { RATE_LIMIT: '-1' },
    { TRUST_PROXY: 'proxy.example' },
    { TRUST_PROXY: '10.0.0.0/8, 192.168.0.1/99' },
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
