// What all drop-ins have in common, asked over HTTP: pictures in, answers and errors in each one's own shape, and nothing
// left in the queue that nobody waits for. Their official clients: clients.test.ts
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startApi, type TestApi } from '../../../support/api/api.ts';
import { apiForTests, useApi } from '../../../support/api/use-api.ts';
import { cornersPng, readPhoto } from '../../../support/pictures/pictures.ts';
import { createQueueSide, type QueueSide, soon } from '../../../support/pipeline/pipeline.ts';
import { redisIsAvailable } from '../../../support/redis/redis.ts';
import { useRedis } from '../../../support/redis/use-redis.ts';
import { useWebServer } from '../../../support/web-server.ts';

const MAX_UPLOAD_BYTES = 200_000;
const png = await cornersPng();
const page = Buffer.from('<!doctype html><title>no picture</title>');
const json = { 'content-type': 'application/json' };
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const dataUrl = (bytes: Uint8Array) => `data:image/png;base64,${base64(bytes)}`;
const userMessage = (...urls: string[]) => ({
  role: 'user',
  content: [
    { type: 'text', text: 'What is this?' },
    ...urls.map((url) => ({ type: 'image_url', image_url: { url } })),
  ],
});

/** How each is asked for a picture, and where in its answers things stand. */
const openAi = {
  name: 'OpenAI’s',
  path: '/v1/chat/completions',
  body: (bytes: Uint8Array, more: object = {}) => ({
    model: 'caption-queue',
    messages: [userMessage(dataUrl(bytes))],
    ...more,
  }),
  empty: { model: 'caption-queue', messages: [{ role: 'user', content: 'Hello!' }] },
  error: (message: unknown) => ({
    error: { message, type: expect.any(String), param: null, code: expect.any(String) },
  }),
};
const generate = {
  name: 'Ollama’s generate',
  path: '/api/generate',
  body: (bytes: Uint8Array, more: object = {}) => ({
    model: 'caption-queue',
    images: [base64(bytes)],
    stream: false,
    ...more,
  }),
  empty: { model: 'caption-queue', prompt: 'Hello!' },
  error: (error: unknown) => ({ error }),
};
const chat = {
  name: 'Ollama’s chat',
  path: '/api/chat',
  body: (bytes: Uint8Array, more: object = {}) => ({
    model: 'caption-queue:latest',
    messages: [{ role: 'user', content: 'What is this?', images: [base64(bytes)] }],
    stream: false,
    ...more,
  }),
  empty: { model: 'caption-queue', messages: [{ role: 'user', content: 'Hello!' }] },
  error: (error: unknown) => ({ error }),
};
const huggingFace = {
  name: 'Hugging Face’s',
  path: '/models/caption-queue',
  body: (bytes: Uint8Array, _more?: object) => ({ inputs: base64(bytes) }),
  empty: {},
  error: (error: unknown) => ({ error }),
};
const dropIns = [openAi, generate, chat, huggingFace];
const streamed = [openAi, generate, chat];
type DropIn = Pick<typeof huggingFace, 'path' | 'error'>;

const post = (
  { address }: Pick<TestApi, 'address'>,
  path: string,
  body: unknown,
  init: RequestInit = {},
) =>
  fetch(address + path, {
    method: 'POST',
    ...init,
    headers: { 'content-type': 'application/json', ...init.headers },
    body: JSON.stringify(body),
  });

describe.skipIf(!redisIsAvailable)('the drop-ins', () => {
  const redis = useRedis();
  const site = useWebServer((_request, response) => {
    response.setHeader('content-type', 'image/png').end(png);
  });
  const env = { MAX_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES), OUTBOUND_ALLOW: 'loopback' };
  const api = useApi(redis, { env });
  const { start, work } = apiForTests(redis, { env });

  /** Of an error: status, and the body as the drop-in has it. */
  async function expectError(dropIn: DropIn, answer: Response, status: number, message: unknown) {
    const body = await answer.json();
    expect({ status: answer.status, body }).toMatchObject({ status, body: dropIn.error(message) });
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.headers.get('x-request-id')).toMatch(/.{8}/);
  }

  describe.each(dropIns)('$name', (dropIn) => {
    it.each([
      ['bytes that are no picture', 415, page, /a web page, which is not read/],
      ['a picture with nothing in it', 422, Buffer.alloc(0), /no bytes/],
      ['a picture that is too large', 413, Buffer.alloc(MAX_UPLOAD_BYTES + 1), /larger than/],
      ['a body that is too large', 413, Buffer.alloc(2_000_000), /larger/],
    ])('refuses %s in its own shape', async (_what, status, bytes, message) => {
      const error = expect.stringMatching(message);
      await expectError(dropIn, await post(api, dropIn.path, dropIn.body(bytes)), status, error);
    });

    it('refuses what is no picture at all, no JSON, and no model of ours', async () => {
      const { path, body, empty } = dropIn;
      const errors: [Response, number, RegExp][] = [
        [await post(api, path, empty), 400, /picture/],
        [await post(api, path, '{'), 400, /./],
        [
          await fetch(api.address + path, { method: 'POST', body: '{', headers: json }),
          400,
          /JSON/,
        ],
        [
          await post(api, path.replace('caption-queue', 'x'), { ...body(png), model: 'x' }),
          404,
          /"x" does not exist here; there are caption-queue and caption-queue\/alt/,
        ],
      ];
      for (const [answer, status, message] of errors) {
        const { error } = (await answer.json()) as { error: string | { message: string } };
        expect(answer.status, JSON.stringify(error)).toBe(status);
        expect(typeof error === 'string' ? error : error.message).toMatch(message);
      }
    });

    it('refuses a wrong key, a foreign page and a full queue in its own shape', async () => {
      const locked = await start({ env: { AUTH: 'required' } });
      const full = await start({ env: { QUEUE_LIMIT: '1' } });
      await full.queueSide.post(1);
      const { path, body } = dropIn;
      const wrongKey = { headers: { authorization: 'Bearer sk-1234' } };
      const foreign = { headers: { origin: 'https://evil.example' } };
      const text = expect.any(String);
      await expectError(dropIn, await post(locked, path, body(png), wrongKey), 401, text);
      await expectError(dropIn, await post(api, path, body(png), foreign), 403, text);
      const refused = await post(full, path, body(png));
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      await expectError(dropIn, refused, 503, expect.stringContaining('Try again'));
    });

    it('refuses a key that asks too often in its own shape', async () => {
      const limited = await start({ env: { AUTH: 'required', RATE_LIMIT: '1' } });
      const scopes = ['captions:write'] as const;
      const { key } = await limited.apiKeys.create({ tenant: 'a', scopes: [...scopes], name: '' });
      const asKeyed = { headers: { authorization: `Bearer ${key}` } };
      expect((await post(limited, dropIn.path, dropIn.empty, asKeyed)).status).toBe(400);
      const answer = await post(limited, dropIn.path, dropIn.empty, asKeyed);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      await expectError(dropIn, answer, 429, expect.stringContaining('1 times a minute'));
    });

    it('says that no prompt is obeyed', async () => {
      const answer = await post(api, dropIn.path, dropIn.empty);
      const ignored = dropIn.path.startsWith('/models/') ? null : 'true';
      expect(answer.headers.get('x-prompt-ignored')).toBe(ignored);
    });

    it('asks for a key that may write, and answers another tenant’s pictures to nobody', async () => {
      const locked = await start({ env: { AUTH: 'required' } });
      work(locked);
      const keyFor = async (tenant: string, scope: 'captions:write' | 'captions:read') => {
        const { key } = await locked.apiKeys.create({ tenant, scopes: [scope], name: '' });
        return { headers: { authorization: `Bearer ${key}` } };
      };
      const reader = await keyFor('shop', 'captions:read');
      const { path, body } = dropIn;
      await expectError(
        dropIn,
        await post(locked, path, body(png), reader),
        403,
        expect.any(String),
      );
      expect(
        (await post(locked, path, body(png), await keyFor('shop', 'captions:write'))).status,
      ).toBe(200);
      const { captions } = await locked.queueSide.store.list({ tenant: 'shop', limit: 10 });
      expect(captions.map(({ status }) => status)).toEqual(['succeeded']);
    });
  });

  describe('while no worker is there', () => {
    let idle: TestApi;
    let side: QueueSide;
    beforeEach(async () => {
      idle = await startApi({ redisUrl: redis.url, env });
      side = await createQueueSide({ url: redis.url, prefix: idle.queueSide.prefix });
    });
    afterEach(async () => {
      await idle.close();
      await side.close();
    });
    const statuses = async () =>
      (await side.store.list({ tenant: 'default', limit: 10 })).captions.map(
        ({ status }) => status,
      );

    it.each(dropIns)('$name pictures leave the queue when their client goes', async (dropIn) => {
      for (const more of [{}, { stream: true }]) {
        const patience = new AbortController();
        const body = dropIn.body(png, more);
        const asked = post(idle, dropIn.path, body, { signal: patience.signal });
        const read = asked.then((answer) => answer.text());
        read.catch(() => undefined);
        await expect.poll(async () => (await statuses())[0], soon).toBe('queued');
        patience.abort();
        await expect(read).rejects.toThrow();
        await expect.poll(async () => (await statuses())[0], soon).toBe('canceled');
      }
    });

    it.each(dropIns)('$name pictures leave the queue with the service', async (dropIn) => {
      const asked = post(idle, dropIn.path, dropIn.body(png));
      await expect.poll(statuses, soon).toEqual(['queued']);
      await idle.close();
      await expectError(
        dropIn,
        await asked,
        503,
        expect.stringContaining('taken out of the queue'),
      );
      expect(await statuses()).toEqual(['canceled']);
    });

    it.each(dropIns)('$name pictures leave the queue when the wait is over', async (dropIn) => {
      const impatient = await start({ dropInWaitMs: 300 });
      const answer = await post(impatient, dropIn.path, dropIn.body(png));
      expect(answer.headers.get('retry-after')).toBe('5');
      await expectError(dropIn, answer, 503, expect.stringContaining('taken out of the queue'));
      const { captions } = await impatient.queueSide.store.list({ tenant: 'default', limit: 9 });
      expect(captions.map(({ status }) => status)).toEqual(['canceled']);
    });

    it.each(streamed)('$name streams end with the service, and with an error', async (dropIn) => {
      const asked = post(idle, dropIn.path, dropIn.body(png, { stream: true }));
      await expect.poll(statuses, soon).toEqual(['queued']);
      const text = asked.then((answer) => answer.text());
      await idle.close();
      const last = (await text).trim().split('\n').at(-1) ?? '';
      expect(JSON.parse(last.replace(/^data: /, ''))).toEqual(
        dropIn.error(expect.stringContaining('taken out of the queue')),
      );
      expect(await statuses()).toEqual(['canceled']);
    });

    it('keeps nothing in memory of pictures that wait', async () => {
      const rest = Buffer.alloc(MAX_UPLOAD_BYTES - png.length, 'A');
      const largest = openAi.body(Buffer.concat([png, rest]));
      // Four of them may be received at a time.
      for (let waiting = 1; waiting <= 10; waiting += 1) {
        post(idle, openAi.path, largest).catch(() => undefined);
        await expect.poll(async () => (await statuses()).length, soon).toBe(waiting);
      }
    });

    it('takes all pictures of a message or none', async () => {
      const messages = [userMessage(dataUrl(png), dataUrl(page))];
      const answer = await post(idle, '/v1/chat/completions', { model: 'caption-queue', messages });
      expect(answer.status).toBe(415);
      expect(await statuses()).toEqual(['canceled']);
    });
  });

  describe('with workers', () => {
    it('answer the same picture the same, whoever asks', async () => {
      const own = await start();
      work(own);
      const said = await Promise.all([
        post(own, '/v1/chat/completions', openAi.body(png)),
        post(own, '/api/generate', generate.body(png)),
        post(own, '/api/chat', chat.body(png)),
        post(own, '/models/caption-queue', huggingFace.body(png)),
        fetch(`${own.address}/models/caption-queue`, { method: 'POST', body: new Uint8Array(png) }),
      ]).then((answers) => Promise.all(answers.map((answer) => answer.json())));
      const { captions } = await own.queueSide.store.list({ tenant: 'default', limit: 10 });
      const caption = captions[0]?.output?.caption;
      expect(caption).toMatch(/^picture number/);
      const words = caption?.split(' ').length;
      expect(said).toMatchObject([
        {
          id: expect.stringMatching(/^chatcmpl-/),
          object: 'chat.completion',
          model: 'caption-queue',
          choices: [
            {
              index: 0,
              message: { role: 'assistant', content: caption, refusal: null },
              finish_reason: 'stop',
            },
          ],
          usage: { prompt_tokens: 0, completion_tokens: words, total_tokens: words },
        },
        { response: caption, done: true, done_reason: 'stop', eval_count: words },
        { message: { role: 'assistant', content: caption }, done: true },
        [{ generated_text: caption }],
        [{ generated_text: caption }],
      ]);
    });

    it('fetch pictures where OpenAI’s clients name an address, and Hugging Face’s', async () => {
      const own = await start();
      work(own);
      const url = `${site.url}/a.png`;
      const asked = { model: 'caption-queue', messages: [userMessage(url)] };
      expect((await post(own, '/v1/chat/completions', asked)).status).toBe(200);
      expect((await post(own, '/models/caption-queue', { inputs: url })).status).toBe(200);
      const inside = { ...asked, messages: [userMessage('http://169.254.169.254/latest')] };
      const refused = await post(own, '/v1/chat/completions', inside);
      expect(refused.status).toBe(422);
      expect(await refused.json()).toMatchObject({ error: { code: 'url_refused' } });
    });

    it('caption the last message’s pictures, each on a line', async () => {
      const own = await start();
      work(own);
      const photo = readPhoto('coffee.jpg');
      const messages = [
        userMessage(dataUrl(png)),
        { role: 'assistant', content: 'a cat' },
        userMessage(dataUrl(photo), dataUrl(png)),
      ];
      const body = { model: 'caption-queue', messages };
      const answer = await post(own, '/v1/chat/completions', body);
      const { choices } = (await answer.json()) as { choices: [{ message: { content: string } }] };
      const { content } = choices[0].message;
      const lines = content.split('\n');
      expect(lines).toHaveLength(2);
      for (const line of lines) expect(line).toMatch(/^picture number \d+$/);
      const stream = await (
        await post(own, '/v1/chat/completions', { ...body, stream: true })
      ).text();
      expect(contentOf(stream)).toBe(content);
    });

    it('stream words as chunks, of one id, with usage where it is asked for', async () => {
      const own = await start();
      work(own);
      const body = openAi.body(png, { stream: true, stream_options: { include_usage: true } });
      const answer = await post(own, '/v1/chat/completions', body);
      expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
      const stream = await answer.text();
      const chunks = chunksOf(stream);
      expect(stream.endsWith('data: [DONE]\n\n')).toBe(true);
      expect(new Set(chunks.map(({ id, object }) => `${id} ${object}`)).size).toBe(1);
      expect(chunks[0]).toMatchObject({
        object: 'chat.completion.chunk',
        choices: [{ delta: { role: 'assistant', content: '' }, finish_reason: null }],
        usage: null,
      });
      const contents = chunks.flatMap(({ choices }) => choices[0]?.delta.content ?? []);
      expect(contents.slice(1)).toEqual(['picture', ' number', expect.stringMatching(/^ \d+$/)]);
      expect(chunks.at(-2)?.choices).toMatchObject([{ delta: {}, finish_reason: 'stop' }]);
      expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 3 } });
    });

    it.each([
      ['once, when a worker begins again', ['picture', 'number', '7'], 'picture number 7'],
      ['and an error, when it finds others', ['a', 'cat'], undefined],
    ])('stream words %s', async (_what, secondTry, whole) => {
      const own = await start();
      let tries = 0;
      work(own, {
        async generate({ onEvent }) {
          tries += 1;
          const texts = tries === 1 ? ['picture', 'number'] : secondTry;
          const words = texts.map((text) => ({ text, logProb: -1 }));
          for (const [index, word] of words.entries()) onEvent({ type: 'word', index, ...word });
          await new Promise((resolve) => setTimeout(resolve, 50)); // lets the words be written
          if (tries === 1) throw new Error('cosmic ray');
          return { words, alternatives: [{ caption: texts.join(' '), logProb: -1 }] };
        },
      });
      const body = openAi.body(png, { stream: true });
      const stream = await (await post(own, '/v1/chat/completions', body)).text();
      expect(tries).toBe(2);
      if (whole !== undefined) expect(contentOf(stream)).toBe(whole);
      else expect(stream).toMatch(/data: \{"error".*\n\n$/);
    });

    it('say nothing as an alt text where the model can’t tell, and why', async () => {
      const own = await start();
      work(own);
      const model = 'caption-queue/alt';
      const refusal = expect.stringContaining('never calibrated');
      const whole = await post(own, '/v1/chat/completions', openAi.body(png, { model }));
      expect(await whole.json()).toMatchObject({
        choices: [{ message: { content: '', refusal } }],
        usage: { completion_tokens: 0 },
      });
      const stream = openAi.body(png, { model, stream: true });
      const chunks = chunksOf(await (await post(own, '/v1/chat/completions', stream)).text());
      expect(chunks.map(({ choices }) => choices[0]?.delta)).toEqual([
        { role: 'assistant', content: '' },
        { refusal },
        {},
      ]);
      const ollama = await post(own, '/api/generate', generate.body(png, { model }));
      expect(await ollama.json()).toMatchObject({ response: '', refusal, eval_count: 0 });
      const hugging = await post(own, '/models/caption-queue/alt', { inputs: base64(png) });
      expect(await hugging.json()).toEqual([{ generated_text: '', refusal }]);
    });
  });

  it.each([
    ['two answers', { n: 2 }, 'n'],
    ['an answer as JSON', { response_format: { type: 'json_object' } }, 'response_format'],
    ['no messages', { messages: [] }, 'messages'],
    ['too many pictures', { messages: [userMessage(...Array(9).fill(dataUrl(png)))] }, 'messages'],
    [
      'a part without its picture',
      { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] },
      'messages',
    ],
  ])('refuse %s where OpenAI would answer, and name the parameter', async (_what, more, param) => {
    const answer = await post(api, '/v1/chat/completions', openAi.body(png, more));
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      error: { type: 'invalid_request_error', param, code: 'validation_failed' },
    });
  });

  it('read a picture where OpenAI’s newer API names it', async () => {
    const content = [{ type: 'input_image', image_url: dataUrl(page) }];
    const body = { model: 'caption-queue', messages: [{ role: 'user', content }] };
    expect((await post(api, '/v1/chat/completions', body)).status).toBe(415);
  });

  it('refuse a body that is all structure before it is parsed', async () => {
    const body = openAi.body(png, { tools: Array(600_000).fill(0) });
    expect(JSON.stringify(body).length).toBeGreaterThan(1024 * 1024);
    const answer = await post(api, '/v1/chat/completions', body);
    expect(answer.status).toBe(413);
  });

  it('answer what Ollama’s tools ask before they show a picture', async () => {
    const get = async (path: string) => (await fetch(api.address + path)).json();
    const loaded = await post(api, '/api/generate', { model: 'caption-queue', prompt: '' });
    expect(await loaded.json()).toMatchObject({ response: '', done: true, done_reason: 'load' });
    const names = ['caption-queue:latest', 'caption-queue/alt:latest'];
    for (const path of ['/api/tags', '/api/ps']) {
      expect(await get(path)).toMatchObject({
        models: names.map((name) => ({ name, model: name })),
      });
    }
    expect(await get('/api/version')).toEqual({ version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const show = await post(api, '/api/show', { name: 'caption-queue' }, { headers: form });
    expect(await show.json()).toMatchObject({ capabilities: ['completion', 'vision'] });
    expect((await post(api, '/api/show', { model: 'llama3' })).status).toBe(404);
    expect((await fetch(api.address, { method: 'HEAD' })).status).toBe(200);
  });

  it('answer under OpenAI’s names of the models', async () => {
    const get = async (path: string) => {
      const answer = await fetch(api.address + path);
      return [answer.status, await answer.json()];
    };
    const model = (id: string) => ({ id, object: 'model', owned_by: 'caption-queue' });
    expect(await get('/v1/models')).toMatchObject([
      200,
      { object: 'list', data: [model('caption-queue'), model('caption-queue/alt')] },
    ]);
    for (const path of ['caption-queue/alt', 'caption-queue%2Falt']) {
      expect(await get(`/v1/models/${path}`)).toMatchObject([200, model('caption-queue/alt')]);
    }
    expect(await get('/v1/models/gpt-4o')).toMatchObject([
      404,
      { error: { code: 'model_not_found' } },
    ]);
  });

  it('are open to other sites’ pages where those are allowed, with what they say of prompts', async () => {
    const open = await start({ env: { CORS_ORIGINS: 'https://shop.example' } });
    const headers = { origin: 'https://shop.example' };
    const answer = await post(open, '/v1/chat/completions', openAi.empty, { headers });
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    expect(answer.headers.get('access-control-expose-headers')).toContain('X-Prompt-Ignored');
  });
});

interface Chunk {
  id: string;
  object: string;
  choices: { delta: { content?: string }; finish_reason: string | null }[];
}

const chunksOf = (stream: string): Chunk[] =>
  [...stream.matchAll(/^data: (\{.*\})$/gm)].map(([, data = '']) => JSON.parse(data));
const contentOf = (stream: string) =>
  chunksOf(stream)
    .flatMap(({ choices }) => choices[0]?.delta.content ?? [])
    .join('');
