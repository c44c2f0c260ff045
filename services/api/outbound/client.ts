// The outgoing HTTP client: the only way in which this service requests URLs that others gave it.
import { fetchImage } from './fetch-image.ts';
import { createGuardedLookup, type Resolve } from './lookup.ts';
import { type PostAnswer, post } from './post.ts';
import { checkUrl, type OutboundRules } from './url-rules.ts';

/** Someone waits for the answer meanwhile. */
const IMAGE_TIMEOUT_MS = 10_000;

export interface OutboundClient {
  /**
   * What can be said of a URL without asking anyone; where it leads is checked with each request.
   *
   * @throws DomainError `url_refused` saying why
   */
  checkUrl(text: string): URL;
  /**
   * Fetches a picture, over at most three redirects, within ten seconds.
   *
   * @throws DomainError `url_refused`, `image_fetch_failed`, `payload_too_large`; the signal's reason
   */
  fetchImage(url: string, options?: { signal?: AbortSignal }): Promise<Buffer>;
  /**
   * Posts a JSON body. Any status is an answer; redirects aren't followed.
   *
   * @throws DomainError `url_refused`; ExchangeError when no answer came in time; the signal's reason
   */
  post(
    url: string,
    options: {
      headers: Record<string, string>;
      body: string;
      timeoutMs: number;
      signal?: AbortSignal;
    },
  ): Promise<PostAnswer>;
}

/**
 * @param options.maxImageBytes larger pictures are refused while they arrive
 * @param options.version of this release, for the user agent
 * @param options.resolve default: the system's resolver
 */
export function createOutboundClient(options: {
  rules: OutboundRules;
  maxImageBytes: number;
  version: string;
  resolve?: Resolve;
}): OutboundClient {
  const { rules, maxImageBytes, version, resolve } = options;
  const lookup = createGuardedLookup({ allow: rules.allow, resolve });
  const common = { rules, lookup, userAgent: `caption-queue/${version}` };
  return {
    checkUrl: (text) => checkUrl(text, rules),
    fetchImage: (url, { signal } = {}) =>
      fetchImage(url, { ...common, maxBytes: maxImageBytes, timeoutMs: IMAGE_TIMEOUT_MS, signal }),
    post: (url, postOptions) => post(url, { ...common, ...postOptions }),
  };
}
