// Settings from the environment.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, loadConfig } from '@caption-queue/runtime/config';
import Type from 'typebox';
import { describe, expect, it } from 'vitest';
import { useFolder } from '../../support/folder.ts';

const Settings = Type.Object({
  LIMIT: Type.Integer({ minimum: 1, default: 10, description: 'Most things' }),
  RATIO: Type.Optional(Type.Number()),
  VERIFY: Type.Boolean({ default: true }),
  LEVEL: Type.Enum(['low', 'high'], { default: 'low' }),
  SECRET_URL: Type.String({ pattern: '^redis://', writeOnly: true, default: 'redis://here' }),
});

describe('settings', () => {
  const folder = useFolder();
  it('take their defaults, and those without one stay unset', () => {
    expect(loadConfig(Settings, { LIMIT: '' })).toEqual({
      LIMIT: 10,
      VERIFY: true,
      LEVEL: 'low',
      SECRET_URL: 'redis://here',
    });
  });

  it('become numbers and booleans where the schema says so', () => {
    const env = { LIMIT: ' 7 ', RATIO: '0.5', VERIFY: 'false', LEVEL: 'high', OTHER: 'x' };
    expect(loadConfig(Settings, env)).toMatchObject({
      LIMIT: 7,
      RATIO: 0.5,
      VERIFY: false,
      LEVEL: 'high',
    });
    expect(loadConfig(Settings, env)).not.toHaveProperty('OTHER');
  });

  it('name every wrong one with what it is for', () => {
    const load = () => loadConfig(Settings, { LIMIT: '0', LEVEL: 'middle' });
    expect(load).toThrow(ConfigError);
    expect(load).toThrow(/LIMIT "0" must be >= 1 \(Most things\)/);
    expect(load).toThrow(/LEVEL "middle"/);
  });

  it('refuse half a number', () => {
    expect(() => loadConfig(Settings, { LIMIT: '1.5' })).toThrow(/LIMIT "1.5"/);
    expect(() => loadConfig(Settings, { LIMIT: '10x' })).toThrow(/LIMIT "10x"/);
  });

  it('say which one is missing', () => {
    const schema = Type.Object({ TOKEN: Type.String({ description: 'Opens the door' }) });
    expect(() => loadConfig(schema, {})).toThrow('TOKEN is not set (Opens the door).');
  });

  it('never print a secret', () => {
    const load = () => loadConfig(Settings, { SECRET_URL: 'http://user:hush@host' });
    expect(load).toThrow(/SECRET_URL/);
    expect(load).not.toThrow(/hush/);
  });

  it('may stand in a file where they are secret', async () => {
    const file = join(folder, 'url');
    await writeFile(file, 'redis://from-a-file\n');
    expect(loadConfig(Settings, { SECRET_URL_FILE: file }).SECRET_URL).toBe('redis://from-a-file');
    const load = (env: Record<string, string>) => () => loadConfig(Settings, env);
    expect(load({ SECRET_URL_FILE: `${file}x` })).toThrow(/urlx, which cannot be read \(ENOENT\)/);
    expect(load({ SECRET_URL_FILE: file, SECRET_URL: 'redis://too' })).toThrow(/both set/);
    // Not of others: a LIMIT_FILE may be anybody's.
    expect(loadConfig(Settings, { LIMIT_FILE: file }).LIMIT).toBe(10);
  });

  it('tell themselves what is wrong with them', () => {
    const schema = Type.Object({
      EVEN: Type.Optional(
        Type.Integer({
          problemOf: (value: number) => (value % 2 === 0 ? undefined : 'is odd'),
          description: 'A number of pairs',
        }),
      ),
    });
    expect(loadConfig(schema, { EVEN: '4' })).toEqual({ EVEN: 4 });
    expect(loadConfig(schema, {})).toEqual({});
    expect(() => loadConfig(schema, { EVEN: '3' })).toThrow('EVEN is odd (A number of pairs).');
  });
});
