// `redis://` and `rediss://` URLs as people write them: what is wrong with one, in words that never show its password.

export const REDIS_URL_EXAMPLE = 'redis://user:password@redis.example:6379/0';

/** @returns what is wrong with it, or undefined; for a setting's `problemOf` */
export function redisUrlProblem(text: string): string | undefined {
  const problem = problemOf(text);
  return problem && `${problem}. Write it like ${REDIS_URL_EXAMPLE}`;
}

function problemOf(text: string): string | undefined {
  if (!/^rediss?:\/\//.test(text)) return 'does not begin with redis:// or rediss:// (with TLS)';
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return 'cannot be read: ports go up to 65535, and in a password %, /, # and ? are written %25, %2F, %23 and %3F';
  }
  if (url.hostname === '') return 'names no host';
  if (url.port === '0') return 'has port 0';
  if (url.hash !== '' || !/^(\/\d*)?$/.test(url.pathname)) {
    return 'has something after the host that is no number of a database; in a password / and # are written %2F and %23';
  }
  return undefined;
}
