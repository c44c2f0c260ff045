// The page while the API, a real process, is killed and comes back: nothing is lost, nothing is captioned twice.
import type { Caption } from '@caption-queue/contract/caption';
import type { Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useFolder } from '../../../support/folder.ts';
import { writeTinyBundle } from '../../../support/model/tiny-bundle.ts';
import { chromiumIsAvailable } from '../../../support/page/chromium.ts';
import { cards, dropPhotos, photo, useBrowser } from '../../../support/page/page.ts';
import { type ServiceStack, startStack } from '../../../support/processes/service-stack.ts';
import { redisIsAvailable } from '../../../support/redis/redis.ts';

/** A page waits up to 15 s between two attempts. */
const afterWaiting = { timeout: 30_000 };

describe.skipIf(!redisIsAvailable || !chromiumIsAvailable)('the page', () => {
  const { open } = useBrowser();
  const folder = useFolder();
  let stack: ServiceStack;
  beforeAll(async () => {
    await writeTinyBundle({ directory: folder });
    stack = await startStack({ model: folder });
  });
  afterAll(async () => {
    await stack?.stop();
  });

  it('waits for a service that was killed, and ends every card once', {
    timeout: 90_000,
  }, async () => {
    const page = await open(stack.url);
    const state = (name: string) => page.getByRole('article', { name }).locator('.state');
    await page.setInputFiles('#files', photo('cat'));
    await cards(page, 'succeeded').waitFor();
    // Encoded, and staying there for as long as the test wants.
    const [decoder] = stack.decoders;
    decoder?.signal('SIGSTOP');
    await page.setInputFiles('#files', photo('dog'));
    const inWork = 'Finding words';
    await state('dog.jpg').getByText(inWork).waitFor();

    // The service has taken a third picture when it dies, and the page doesn't get to know.
    const answerLost = async (route: Route) => {
      expect((await route.fetch()).status()).toBe(202);
      await stack.api.kill();
      await route.abort('connectionreset');
    };
    await page.route('**/v1/captions', answerLost, { times: 1 });
    await dropPhotos(page, 1);
    await state('dog.jpg')
      .getByText(/^Connection lost. Trying again in \d+ s$/)
      .waitFor();
    await page.setInputFiles('#files', photo('coffee'));
    const unreachable = /^The service cannot be reached. Trying again in \d+ s$/;
    for (const name of ['photo-0.jpg', 'coffee.jpg']) {
      await state(name).getByText(unreachable).waitFor();
    }

    await stack.api.restart();
    // Nothing new is said of what is still in work, but the connection is there again.
    await state('dog.jpg').getByText(inWork).waitFor(afterWaiting);
    decoder?.signal('SIGCONT');
    await expect.poll(() => cards(page, 'succeeded').count(), afterWaiting).toBe(4);
    expect(await cards(page).count()).toBe(4);
    const { data } = (await (await fetch(`${stack.url}/v1/captions?limit=100`)).json()) as {
      data: Caption[];
    };
    expect(data.map(({ status }) => status)).toEqual(Array(4).fill('succeeded'));
    const words = data.map(({ output }) => output?.caption).sort();
    expect((await page.locator('.caption').allTextContents()).sort()).toEqual(words);
  });
});
