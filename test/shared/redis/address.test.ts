// What is said of a Redis URL that cannot be right, and that it never shows the password.
import { redisUrlProblem } from '@caption-queue/redis/address';
import { expect, it } from 'vitest';

it.each([
  'redis://127.0.0.1:6379',
  'rediss://user:secret@redis.example',
  'redis://:p%40ss%2Fword@redis.example:6380/3',
  'redis://[::1]:6379/',
])('%s is fine', (url) => {
  expect(redisUrlProblem(url)).toBeUndefined();
});

it.each([
  ['127.0.0.1:6379', /does not begin with redis:/],
  ['http://127.0.0.1:6379', /does not begin with redis:/],
  ['redis://', /names no host/],
  ['redis://host:notaport', /cannot be read: ports go up to 65535/],
  ['redis://127.0.0.1:99999', /cannot be read: ports go up to 65535/],
  ['redis://127.0.0.1:0', /has port 0/],
  ['redis://127.0.0.1:6379/abc', /no number of a database/],
  ['redis://user:hush/word@host:6379', /%2F/],
  ['redis://user:12/hush@host:6379', /%2F/],
  ['redis://user:hush#word@host:6379', /%23/],
])('%s is told with an example, and without its password', (url, problem) => {
  expect(redisUrlProblem(url)).toMatch(problem);
  expect(redisUrlProblem(url)).toContain('redis://user:password@redis.example:6379/0');
  expect(redisUrlProblem(url)).not.toContain('hush');
});
