// docs/operating.md names every setting with the default that the code has.
import { readFileSync } from 'node:fs';
import { ApiSettings } from '@caption-queue/api/settings';
import { DecoderWorkerSettings } from '@caption-queue/decoder-worker/settings';
import { EncoderWorkerSettings } from '@caption-queue/encoder-worker/settings';
import { describe, expect, it } from 'vitest';

const guide = readFileSync(new URL('../../docs/operating.md', import.meta.url), 'utf8');
/** Setting → its default, as the tables have it. A row may name two settings. */
const documented = new Map(
  [...guide.matchAll(/^\| (`[A-Z_]+`(?:, `[A-Z_]+`)*) \| ([^|]+) \|/gm)].flatMap(
    ([, names = '', value = '']) =>
      [...names.matchAll(/[A-Z_]+/g)].map(([name]) => [name, value.trim()] as const),
  ),
);

const settings = [ApiSettings, EncoderWorkerSettings, DecoderWorkerSettings].flatMap((schema) =>
  Object.entries(schema.properties as Record<string, { default?: unknown }>),
);

describe('docs/operating.md', () => {
  it.each(settings)('documents %s', (name, schema) => {
    const text = documented.get(name);
    expect(text, `${name} is in no table`).toBeDefined();
    if (schema.default !== undefined) expect(text).toContain(String(schema.default));
  });
});
