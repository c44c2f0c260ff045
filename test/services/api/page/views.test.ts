// What the page shows of answers that the made-up model of page.test.ts can't give, and its views beside the pictures.
import type { Page, Route } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { startApi } from '../../../support/api/api.ts';
import { chromiumIsAvailable } from '../../../support/page/chromium.ts';
import { cards, photo, useBrowser, useService } from '../../../support/page/page.ts';
import { soon } from '../../../support/pipeline/pipeline.ts';
import { redisIsAvailable } from '../../../support/redis/redis.ts';
import { startDelivering, startReceiver } from '../../../support/webhooks/webhooks.ts';

const caption = 'a dog stands on grass';

describe.skipIf(!redisIsAvailable || !chromiumIsAvailable)('the page', () => {
  const service = useService({ OUTBOUND_ALLOW: 'loopback', MAX_UPLOAD_BYTES: '65000' });
  const { open } = useBrowser();

  /** Adds to the events of every caption what a calibrated model would say. */
  async function calibrate(page: Page, output: object): Promise<void> {
    await page.route('**/events', async (route) => {
      const body = await (await route.fetch()).text();
      const lines = body.split('\n').map((line) => {
        if (!line.includes('"output":{')) return line;
        const record = JSON.parse(line.slice('data: '.length));
        return `data: ${JSON.stringify({ ...record, output: { ...record.output, ...output } })}`;
      });
      await route.fulfill({ contentType: 'text/event-stream', body: lines.join('\n') });
    });
  }

  const alternatives = [
    { caption, confidence: 0.83, log_prob: -5 },
    { caption: 'a cat', confidence: 0.25, log_prob: -6 },
  ];

  it('copies a sure caption as an alt attribute, and shows chances and tags', async () => {
    const page = await open(service.api.address, {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await calibrate(page, {
      caption,
      confidence: 0.83,
      alt_text: caption,
      tags: [{ name: 'dachshund', confidence: 0.7 }],
      alternatives,
    });
    await page.setInputFiles('#files', photo('flower'));
    await cards(page, 'succeeded').waitFor();
    expect(await page.locator('.trust-text').textContent()).toBe('83 % likely right');
    expect(await page.locator('.tags').textContent()).toBe('dachshund70 %');
    await page.locator('.copy-alt').click();
    expect(await clipboard(page)).toBe(`alt="${caption}"`);
    await page.locator('.copy-caption').click();
    expect(await clipboard(page)).toBe(caption);
    await page.locator('.copy-curl').click();
    expect(await clipboard(page)).toBe(
      `curl -H 'Prefer: wait=30' -F 'image=@flower.jpg' '${service.api.address}/v1/captions'`,
    );
    await page.locator('.others summary').click();
    expect(await page.locator('.others .bar').getAttribute('aria-label')).toBe('25 % likely right');
  });

  it('calls an unsure caption a suggestion to check, and offers no alt text', async () => {
    const page = await open(service.api.address);
    await calibrate(page, { caption, confidence: 0.31, alt_text: null, alternatives });
    await page.setInputFiles('#files', photo('flower'));
    await cards(page, 'succeeded').waitFor();
    const verdict = 'A suggestion to check: 31 % likely right';
    expect(await page.locator('.trust-text').textContent()).toBe(verdict);
    expect(await page.locator('.alt-text').textContent()).toBe('nothing sure enough to say');
    expect(await page.locator('.copy-alt').isVisible()).toBe(false);
  });

  it('says of a screenshot that it is one, without a sentence', async () => {
    const page = await open(service.api.address);
    await calibrate(page, {
      kind: 'screenshot',
      kind_confidence: 0.9,
      confidence: 0,
      alt_text: null,
    });
    await page.setInputFiles('#files', photo('flower'));
    await cards(page, 'succeeded').waitFor();
    const words = 'This looks like a screenshot. Describe it yourself.';
    expect(await page.locator('.instead').textContent()).toBe(words);
    for (const part of ['.caption', '.result', '.copy-caption', '.copy-alt']) {
      expect(await page.locator(part).isVisible(), part).toBe(false);
    }
    const announced = page.locator('#announcer').getByText(`flower.jpg: ${words}`);
    await announced.waitFor({ state: 'attached' });
  });

  it('trusts a likely caption though something else is likelier still', async () => {
    const page = await open(service.api.address);
    await calibrate(page, { caption, confidence: 0.8, alt_text: 'a dachshund', alternatives });
    await page.setInputFiles('#files', photo('flower'));
    await cards(page, 'succeeded').waitFor();
    expect(await page.locator('.trust-text').textContent()).toBe('80 % likely right');
    expect(await page.locator('.alt-text').textContent()).toBe('a dachshund');
  });

  it('refuses a picture that is too large for the service without sending it', async () => {
    const page = await open(service.api.address);
    await page.getByText('caption-queue 0.0.0-test').waitFor();
    let sent = 0;
    await page.route('**/v1/captions', async (route) => {
      sent += 1;
      await route.continue();
    });
    await page.setInputFiles('#files', photo('temple'));
    await page.locator('.problem', { hasText: 'more than the 0.1 MB' }).waitFor();
    expect(sent).toBe(0);
  });

  it('counts down what Retry-After says of a refusal, then sends again', async () => {
    const page = await open(service.api.address);
    const refuse = (route: Route) =>
      route.fulfill({
        status: 429,
        headers: { 'retry-after': '3', 'content-type': 'application/problem+json' },
        body: JSON.stringify({ code: 'tenant_queue_full', detail: 'Your queue is full.' }),
      });
    await page.route('**/v1/captions', refuse, { times: 1 });
    await page.setInputFiles('#files', photo('cat'));
    for (const seconds of [3, 2, 1]) {
      await page.getByText(`Your queue is full. Trying again in ${seconds} s`).waitFor();
    }
    await cards(page, 'succeeded').waitFor();
  });

  it('follows few at a time by stream, and tells the others their place', async () => {
    const page = await open(service.api.address);
    let streams = 0;
    await page.route('**/events', async () => {
      streams += 1;
    });
    await page.route(/\/v1\/captions\/cap_[^/]*$/, async (route) => {
      const record = await (await route.fetch()).json();
      await route.fulfill({ json: { ...record, status: 'queued', queue: { ahead: 7 } } });
    });
    const four = ['cat', 'rocket', 'coffee', 'flower'].map(photo);
    await page.setInputFiles('#files', four);
    await expect.poll(() => page.getByText('In the queue, 7 ahead').count(), soon).toBe(4);
    expect(streams).toBe(2);
  });

  it('registers a webhook, tries it, shows what was sent, sends again, and deletes', async () => {
    const receiver = await startReceiver();
    const { prefix } = service.api.queueSide;
    const delivering = await startDelivering({ redisUrl: service.redis.url, prefix });
    const page = await open(`${service.api.address}/#webhooks`);
    try {
      await page.locator('#hook-url').fill('http://10.0.0.1/hook');
      await page.getByText('Register').click();
      await page.locator('webhook-panel [role=alert]:visible').waitFor();
      await page.locator('#hook-url').fill(receiver.url);
      await page.getByText('Register').click();
      expect(await page.locator('.secret code').textContent()).toMatch(/^whsec_/);
      expect(await page.locator('.hook-state').textContent()).toBe('Told of everything');
      await page.getByText('Send a test').click();
      await page.getByText(/^Received: 2\d\d/).waitFor();
      await page.locator('.replay').click();
      await page.getByText(/^Received: .*2 attempts$/).waitFor();
      await page.locator('.delete').click();
      await page.getByText('Delete for good?').click();
      await page.getByText('Nobody is told yet.').waitFor();
    } finally {
      await delivering.stop();
      await receiver.close();
    }
  });

  it('shows an operator queues, throughput, the cache and workers', async () => {
    const page = await open(service.api.address);
    await page.setInputFiles('#files', photo('rocket'));
    await cards(page, 'succeeded').waitFor();
    await page.getByRole('link', { name: 'Service' }).click();
    const tile = (name: string) => page.locator('.tile', { hasText: name }).locator('strong');
    await tile('Captions a minute').waitFor();
    expect(await tile('Encode queue').textContent()).toBe('0');
    expect(Number(await tile('Captions a minute').textContent())).toBeGreaterThan(0);
    expect(await tile('Features from the cache').textContent()).toMatch(/^\d+ %$/);
    await page.getByText('No worker was heard of lately').waitFor();
  });

  it('asks for a key when the service wants one, and keeps it for this tab', async () => {
    const guarded = await startApi({ redisUrl: service.redis.url, env: { AUTH: 'required' } });
    try {
      const { key } = await guarded.apiKeys.create({
        tenant: 'acme',
        scopes: ['captions:read', 'captions:write'],
        name: '',
      });
      const page = await open(guarded.address);
      await page.locator('#key-dialog[open]').waitFor();
      await page.locator('#key').fill(key);
      await page.keyboard.press('Enter');
      await page.getByText('caption-queue 0.0.0-test').waitFor();
      await page.setInputFiles('#files', photo('cat'));
      await cards(page, 'queued').waitFor();
      expect(await page.evaluate(`sessionStorage.length + ',' + localStorage.length`)).toBe('1,0');
      await page.reload();
      await page.getByText('caption-queue 0.0.0-test').waitFor();
      expect(await page.locator('#key-dialog[open]').count()).toBe(0);
    } finally {
      await guarded.close();
    }
  });
});

const clipboard = (page: Page) => page.evaluate<string>('navigator.clipboard.readText()');
