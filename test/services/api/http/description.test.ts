// What the API says of itself: OpenAPI 3.1 and Swagger 2.0 that validate, and a page for people.
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { useApi } from '../../../support/api/use-api.ts';
import { chromiumIsAvailable, openPage, startChromium } from '../../../support/page/chromium.ts';
import { redisIsAvailable } from '../../../support/redis/redis.ts';
import { useRedis } from '../../../support/redis/use-redis.ts';

type Operation = {
  operationId?: string;
  summary?: string;
  tags?: string[];
  responses: Record<string, { description: string; content?: object }>;
};

describe.skipIf(!redisIsAvailable)('the description of the API', () => {
  const redis = useRedis();
  const api = useApi(redis);

  const read = async (path: string) => (await fetch(`${api.address}${path}`)).json();
  async function operations(): Promise<[string, Operation][]> {
    const { paths } = (await read('/openapi.json')) as {
      paths: Record<string, Record<string, Operation>>;
    };
    return Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]): [string, Operation] => [
        `${method} ${path}`,
        operation,
      ]),
    );
  }

  it.each([
    ['/openapi.json', '3.1'],
    ['/swagger.json', '2.0'],
  ])('%s is valid', async (path, version) => {
    const validator = new Validator();
    const result = await validator.validate((await read(path)) as Record<string, unknown>);
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
    expect(validator.version).toBe(version);
  });

  it('names and explains every operation, each by a name of its own', async () => {
    const all = await operations();
    expect(all.length).toBeGreaterThan(5);
    for (const [name, { operationId, summary, tags }] of all) {
      expect({ name, operationId, summary, tags }).toEqual({
        name,
        operationId: expect.any(String),
        summary: expect.any(String),
        tags: [expect.any(String)],
      });
    }
    const ids = all.map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('names what every answer holds', async () => {
    for (const [name, { responses }] of await operations()) {
      for (const [status, { description, content }] of Object.entries(responses)) {
        expect(description, `${name} ${status}`).not.toBe('Default Response');
        if (!['204', '304'].includes(status)) expect(content, `${name} ${status}`).toBeDefined();
      }
    }
  });

  it('is on a page for people, which asks no other site for anything', async () => {
    const page = await fetch(`${api.address}/docs`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const html = await page.text();
    expect(html).not.toMatch(/(?:src|href)="https?:/);
    const files = [...html.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, file]) => file);
    for (const file of files) {
      expect((await fetch(new URL(file ?? '', api.address))).status, file).toBe(200);
    }
  });

  it.skipIf(!chromiumIsAvailable)('is drawn in a browser, with every call on it', async () => {
    const browser = await startChromium();
    try {
      const page = await openPage(browser, `${api.address}/docs#createCaption`, {
        viewport: { width: 360, height: 740 },
      });
      await page.locator('main:not([aria-busy])').waitFor();
      const drawn = await page.evaluate<string[]>(
        `[...document.querySelectorAll('.operation')].map(({ id }) => id)`,
      );
      const ids = (await operations()).map(([, { operationId }]) => operationId);
      expect(drawn.sort()).toEqual(ids.sort());
      expect(await page.locator('#createCaption[open]').count()).toBe(1);
      expect(await page.evaluate(`document.documentElement.scrollWidth`)).toBe(360);
      expect(page.complaints).toEqual([]);

      const board = await openPage(browser, `${api.address}/admin/queues`);
      await board.getByText('image-encode').first().waitFor();
      expect(board.complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});
