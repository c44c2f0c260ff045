// The drop-ins as the official clients of OpenAI, Ollama and Hugging Face ask them, against the whole service with keys.
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { createApiKeys } from '@caption-queue/api/access/api-keys';
import type { Caption } from '@caption-queue/contract/caption';
import { DEFAULT_BUNDLE } from '@caption-queue/model/bundle';
import { Ollama } from 'ollama';
import OpenAI, { AuthenticationError, BadRequestError, NotFoundError } from 'openai';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useFolder } from '../../../support/folder.ts';
import { createQueueSide, randomPrefix } from '../../../support/pipeline/pipeline.ts';
import { type ServiceStack, startStack } from '../../../support/processes/service-stack.ts';
import { pythonWith } from '../../../support/python/virtual-environment.ts';
import { redisIsAvailable } from '../../../support/redis/redis.ts';
import { repository } from '../../../support/repository.ts';

const python = redisIsAvailable
  ? await pythonWith(
      ['openai==3.57.0', 'ollama==0.6.3', 'huggingface_hub==2.4.0'],
      'the drop-ins by their clients in Python',
    )
  : undefined;

const photoFile = path.join(repository, 'test/fixtures/photos/dog.jpg');
const models = ['caption-queue', 'caption-queue/alt'];

describe.skipIf(!redisIsAvailable)('the official clients', () => {
  const folder = useFolder();
  let stack: ServiceStack;
  let key: string;
  let photo: Buffer;
  let blankFile: string;
  /** What the service's own API says of the photo. */
  let caption: string;
  let altText: string;

  beforeAll(async () => {
    const prefix = randomPrefix();
    stack = await startStack({
      model: DEFAULT_BUNDLE,
      env: { AUTH: 'required', REDIS_PREFIX: prefix },
    });
    const side = await createQueueSide({ url: stack.redis.url, prefix });
    const scopes = ['captions:read', 'captions:write'] as const;
    const keys = createApiKeys({ redis: side.redis, prefix });
    ({ key } = await keys.create({ tenant: 'shop', scopes: [...scopes], name: '' }));
    await side.close();
    photo = await readFile(photoFile);
    blankFile = path.join(folder, 'blank.png');
    const blank = { width: 320, height: 240, channels: 3 as const, background: '#888' };
    await writeFile(blankFile, await sharp({ create: blank }).png().toBuffer());
    const answer = await fetch(`${stack.url}/v1/captions`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        prefer: 'wait=30',
      },
      body: JSON.stringify({ image: photo.toString('base64') }),
    });
    const { output } = (await answer.json()) as Caption;
    caption = output?.caption ?? '';
    altText = output?.alt_text ?? '';
    expect([caption, altText]).toEqual([
      expect.stringContaining('dog'),
      expect.stringContaining('dog'),
    ]);
  }, 120_000);
  afterAll(() => stack?.stop());

  it('of OpenAI, in Node.js', async () => {
    const clientWith = (apiKey: string) =>
      new OpenAI({ baseURL: `${stack.url}/v1`, apiKey, maxRetries: 0 });
    const client = clientWith(key);
    const url = `data:image/jpeg;base64,${photo.toString('base64')}`;
    const content = [{ type: 'image_url' as const, image_url: { url } }];
    const ask = (model: string) =>
      client.chat.completions.create({ model, messages: [{ role: 'user', content }] });
    expect((await ask('caption-queue')).choices[0]?.message.content).toBe(caption);
    expect((await ask('caption-queue/alt')).choices[0]?.message.content).toBe(altText);
    const stream = await client.chat.completions.create({
      model: 'caption-queue',
      messages: [{ role: 'user', content }],
      stream: true,
      stream_options: { include_usage: true },
    });
    let streamed = '';
    let tokens: number | undefined;
    for await (const { choices, usage } of stream) {
      streamed += choices[0]?.delta.content ?? '';
      tokens = usage?.completion_tokens ?? tokens;
    }
    expect([streamed, tokens]).toEqual([caption, caption.split(' ').length]);
    const listed = [];
    for await (const { id } of client.models.list()) listed.push(id);
    expect(listed).toEqual(models);
    expect((await client.models.retrieve('caption-queue/alt')).id).toBe('caption-queue/alt');
    await expect(ask('gpt-4o')).rejects.toThrow(NotFoundError);
    await expect(
      client.chat.completions.create({
        model: 'caption-queue',
        messages: [{ role: 'user', content: 'Hello!' }],
      }),
    ).rejects.toThrow(BadRequestError);
    await expect(clientWith('sk-wrong').models.list()).rejects.toThrow(AuthenticationError);
  });

  it('of Ollama, in Node.js', async () => {
    const clientWith = (apiKey: string) =>
      new Ollama({ host: stack.url, headers: { authorization: `Bearer ${apiKey}` } });
    const client = clientWith(key);
    const asked = {
      model: 'caption-queue',
      prompt: 'What is this?',
      images: [new Uint8Array(photo)],
    };
    expect((await client.generate(asked)).response).toBe(caption);
    expect((await client.generate({ ...asked, model: 'caption-queue/alt' })).response).toBe(
      altText,
    );
    let generated = '';
    for await (const { response } of await client.generate({ ...asked, stream: true })) {
      generated += response;
    }
    expect(generated).toBe(caption);
    const messages = [
      { role: 'user', content: 'What is this?', images: [photo.toString('base64')] },
    ];
    let chatted = '';
    for await (const { message } of await client.chat({
      model: 'caption-queue',
      messages,
      stream: true,
    })) {
      chatted += message.content;
    }
    expect(chatted).toBe(caption);
    expect((await client.list()).models.map(({ name }) => name)).toEqual(
      models.map((name) => `${name}:latest`),
    );
    await expect(client.generate({ ...asked, model: 'llava' })).rejects.toMatchObject({
      status_code: 404,
    });
    await expect(client.generate({ ...asked, images: [] })).rejects.toMatchObject({
      status_code: 400,
    });
    await expect(clientWith('wrong').list()).rejects.toMatchObject({ status_code: 401 });
  });

  it.skipIf(python === undefined)(
    'of all three, in Python',
    async () => {
      const script = path.join(repository, 'test/services/api/drop-ins/clients.py');
      const { stdout } = await promisify(execFile)(python ?? '', [script], {
        env: {
          PATH: process.env.PATH,
          HOME: folder,
          URL: stack.url,
          KEY: key,
          PHOTO: photoFile,
          BLANK: blankFile,
        },
      });
      const said = JSON.parse(stdout);
      const tokens = caption.split(' ').length;
      expect(said).toEqual({
        openai: {
          whole: caption,
          tokens,
          streamed: expect.any(Array),
          streamed_tokens: tokens,
          alt: altText,
          blank: ['', expect.stringContaining('is blank')],
          models,
          model: 'caption-queue/alt',
          no_picture: ['BadRequestError', 400],
          no_model: ['NotFoundError', 404],
          wrong_key: ['AuthenticationError', 401],
          damaged: ['UnprocessableEntityError', 422],
        },
        ollama: {
          generated: caption,
          streamed: expect.any(Array),
          chat: caption,
          chat_streamed: expect.any(Array),
          alt: altText,
          models: models.map((name) => `${name}:latest`),
          capabilities: ['completion', 'vision'],
          no_picture: ['ResponseError', 400],
          no_model: ['ResponseError', 404],
          wrong_key: ['ResponseError', 401],
        },
        hugging_face: {
          bytes: caption,
          file: caption,
          alt: altText,
          no_picture: [expect.stringMatching(/Error$/), 415],
          no_model: [expect.stringMatching(/Error$/), 404],
          wrong_key: [expect.stringMatching(/Error$/), 401],
        },
      });
      for (const parts of [said.openai.streamed, said.ollama.streamed, said.ollama.chat_streamed]) {
        expect(parts.join('')).toBe(caption);
      }
    },
    120_000,
  );
});
