// Which URLs this service may request on behalf of others, as far as their text tells.
import { isIP } from 'node:net';
import { DomainError } from '@caption-queue/contract/errors';
import { isAllowedAddress, type OutboundAllow } from './addresses.ts';

export interface OutboundRules {
  allow: OutboundAllow;
  /** Ports that a URL may name; more are open while `allow` is not `public`. */
  ports: ReadonlySet<number>;
}

/** Longer ones are mistakes, and would fill logs and records. */
export const MAX_URL_CHARACTERS = 2_048;
const HTTPS_PORT = 443;
const HTTP_PORT = 80;
/** Below lie the services of machines: mail, remote shells. */
const FIRST_UNPRIVILEGED_PORT = 1_024;

/**
 * Checks everything but what the host's name resolves to: that is checked when a connection is made (lookup.ts).
 *
 * @throws DomainError `url_refused` saying why
 */
export function checkUrl(text: string, { allow, ports }: OutboundRules): URL {
  if (text.length > MAX_URL_CHARACTERS) {
    throw refused(`is longer than ${MAX_URL_CHARACTERS} characters`);
  }
  if (!URL.canParse(text)) throw refused('is not one');
  const url = new URL(text);
  const development = allow !== 'public';
  if (url.protocol !== 'https:' && !(development && url.protocol === 'http:')) {
    throw refused('does not begin with https://');
  }
  if (url.username !== '' || url.password !== '') throw refused('contains a user or password');
  const port = portOf(url);
  const portAllowed =
    ports.has(port) || (development && (port === HTTP_PORT || port >= FIRST_UNPRIVILEGED_PORT));
  if (!portAllowed) throw refused(`names port ${port}, which is not open to outgoing requests`);
  // URL has written addresses of every form (127.1, 2130706433, 0x7f.1) in the usual one.
  const address = url.hostname.replace(/^\[|\]$/g, '');
  const isAllowed =
    isIP(address) === 0 ? development || !isLocalhost(address) : isAllowedAddress(address, allow);
  if (!isAllowed) throw refusedAddress();
  return url;
}

function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? HTTPS_PORT : HTTP_PORT;
}

function isLocalhost(name: string): boolean {
  return /(^|\.)localhost\.?$/.test(name);
}

function refused(why: string): DomainError {
  return new DomainError('url_refused', `The URL ${why}.`);
}

/** Says nothing about the address itself: whoever asks mustn't learn what names mean inside this network. */
export function refusedAddress(): DomainError {
  return new DomainError(
    'url_refused',
    'The URL leads to an address that this service does not send requests to; it must be a public one.',
  );
}
