// The page when something comes late, from another program than the service, or under a name that is none.
import { describe, expect, it } from 'vitest';
import { chromiumIsAvailable } from '../../../support/page/chromium.ts';
import { cards, photo, useBrowser, useService } from '../../../support/page/page.ts';
import { redisIsAvailable } from '../../../support/redis/redis.ts';

describe.skipIf(!redisIsAvailable || !chromiumIsAvailable)('the page', () => {
  const service = useService();
  const { open } = useBrowser();

  it('keeps what is asked for again apart from what was canceled before', async () => {
    const page = await open(service.api.address);
    let answer = () => {};
    const asked = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page.route('**/cancel', async (route) => {
      const response = await route.fetch();
      await asked;
      await route.fulfill({ response });
    });
    service.model.hold();
    await page.setInputFiles('#files', photo('flower'));
    await cards(page, 'decoding').waitFor();
    await page.locator('.cancel').click();
    await cards(page, 'canceled').waitFor();
    await page.locator('.retry').click();
    await cards(page, 'decoding').waitFor();
    expect(await page.locator('.state').textContent()).toBe('Finding words');
    const answered = page.waitForResponse('**/cancel');
    answer();
    await (await answered).finished();
    service.model.goOn();
    await cards(page, 'succeeded').waitFor();
    expect(page.complaints).toEqual([]);
  });

  it.each([
    ['null', 'application/json'],
    ['<p>Bad gateway</p>', 'text/html'],
  ])('sends again what a proxy answered with %s', async (body, contentType) => {
    const page = await open(service.api.address);
    await page.route(
      '**/v1/captions',
      (route) => route.fulfill({ status: 502, contentType, body }),
      { times: 1 },
    );
    await page.setInputFiles('#files', photo('cat'));
    await page.getByText(/^The service answered 502\. Trying again in \d+ s$/).waitFor();
    await cards(page, 'succeeded').waitFor();
  });

  it('says when another program answers in the place of the service', async () => {
    const page = await open(service.api.address);
    await page.route(
      '**/v1/captions',
      (route) => route.fulfill({ contentType: 'text/html', body: '<p>Log in</p>' }),
      { times: 1 },
    );
    await page.setInputFiles('#files', photo('cat'));
    await cards(page, 'failed').waitFor();
    expect(await page.locator('.problem').textContent()).toBe(
      'Another program answered in the place of the service.',
    );
    await page.locator('.retry').click();
    await cards(page, 'succeeded').waitFor();
  });

  it.each(['constructor', 'nothing'])('stays with the pictures under #%s', async (name) => {
    const page = await open(service.api.address);
    await page.evaluate(`new Promise((resolve) => {
      addEventListener('hashchange', () => resolve(), { once: true });
      location.hash = ${JSON.stringify(name)};
    })`);
    expect(await page.locator('#headline').isVisible()).toBe(true);
    expect(await page.locator('[aria-current=page]').textContent()).toBe('Pictures');
    expect(page.complaints).toEqual([]);
  });
});
