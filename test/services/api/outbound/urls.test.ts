// Which URLs and addresses outgoing requests may go to, as far as it can be told without a connection.

import { isAllowedAddress, type OutboundAllow } from '@caption-queue/api/outbound/addresses';
import { checkUrl } from '@caption-queue/api/outbound/url-rules';
import { DomainError } from '@caption-queue/contract/errors';
import { describe, expect, it } from 'vitest';

const ports = new Set([443, 8443]);

function verdict(url: string, allow: OutboundAllow = 'public'): string {
  try {
    return checkUrl(url, { allow, ports }).href;
  } catch (error) {
    expect(error).toBeInstanceOf(DomainError);
    expect((error as DomainError).code).toBe('url_refused');
    return (error as DomainError).message;
  }
}

describe('a URL', () => {
  it.each([
    'https://example.com/',
    'https://example.com:8443/a?b=c',
    'https://8.8.8.8/',
    'https://[2606:4700::1111]/',
  ])('like %s is accepted', (url) => {
    expect(verdict(url)).toBe(url);
  });

  const notPublic = /must be a public one/;
  it.each([
    ['https://127.1/', notPublic],
    ['https://2130706433/', notPublic],
    ['https://0x7f.0.0.1/', notPublic],
    ['https://0177.0.0.1/', notPublic],
    ['https://127.0.0.1./', notPublic],
    ['https://0/', notPublic],
    ['https://10.0.0.1/', notPublic],
    ['https://169.254.169.254/latest/meta-data/', notPublic],
    ['https://168.63.129.16/', notPublic],
    ['https://100.64.0.1/', notPublic],
    ['https://[::1]/', notPublic],
    ['https://[::]/', notPublic],
    ['https://[::ffff:7f00:1]/', notPublic],
    ['https://[::ffff:127.0.0.1]/', notPublic],
    ['https://[::7f00:1]/', notPublic],
    ['https://[64:ff9b::7f00:1]/', notPublic],
    ['https://[2002:7f00:1::]/', notPublic],
    ['https://[fe80::1]/', notPublic],
    ['https://[fd00:ec2::254]/', notPublic],
    ['https://localhost/', notPublic],
    ['https://localhost./', notPublic],
    ['https://LOCALHOST/', notPublic],
    ['https://a.localhost/', notPublic],
    ['https://①②⑦.0.0.1/', notPublic],
    ['https://user@example.com/', /user or password/],
    ['https://:password@example.com/', /user or password/],
    ['http://example.com/', /https/],
    ['ftp://example.com/', /https/],
    ['file:///etc/passwd', /https/],
    ['https://example.com:22/', /port 22/],
    ['https://example.com:80/', /port 80/],
    ['https://example.com:6379/', /port 6379/],
    ['example.com', /is not one/],
    ['https://', /is not one/],
    ['', /is not one/],
    [`https://example.com/${'a'.repeat(2_048)}`, /longer than 2048/],
  ])('like %s is refused', (url, why) => {
    expect(verdict(url)).toMatch(why);
  });

  it('may lead to this machine, over http and on high ports, where that is allowed for development', () => {
    for (const allow of ['loopback', 'private'] as const) {
      expect(verdict('http://127.0.0.1:5001/hook', allow)).toBe('http://127.0.0.1:5001/hook');
      expect(verdict('http://localhost/', allow)).toBe('http://localhost/');
      expect(verdict('http://127.0.0.1:22/', allow)).toMatch(/port 22/);
      expect(verdict('http://169.254.169.254/', allow)).toMatch(notPublic);
      expect(verdict('http://user@127.0.0.1/', allow)).toMatch(/user or password/);
    }
    expect(verdict('http://10.0.0.1/', 'loopback')).toMatch(notPublic);
    expect(verdict('http://10.0.0.1/', 'private')).toBe('http://10.0.0.1/');
  });
});

describe('an address', () => {
  const everywhere = ['1.1.1.1', '172.15.255.255', '172.32.0.0', '2606:4700::1111'];
  const loopback = ['127.0.0.1', '127.255.255.254', '::1'];
  const inside = [
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.127.0.1',
    'fd12::1',
  ];
  const never = [
    '0.0.0.0',
    '169.254.169.254',
    '168.63.129.16',
    '100.100.100.200',
    '192.0.0.170',
    '198.18.0.1',
    '203.0.113.9',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::127.0.0.1',
    '::ffff:8.8.8.8',
    '::ffff:10.0.0.1',
    '64:ff9b::8.8.8.8',
    '64:ff9b:1::1',
    '2001::1',
    '2001:db8::1',
    '2002:a00:1::',
    '3fff::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    'fd00:ec2::254',
    '127.1',
    '2130706433',
    'localhost',
    '',
  ];
  it.each<[OutboundAllow, string[], string[]]>([
    ['public', everywhere, [...loopback, ...inside, ...never]],
    ['loopback', [...everywhere, ...loopback], [...inside, ...never]],
    ['private', [...everywhere, ...loopback, ...inside], never],
  ])('is judged by what may be reached: %s', (allow, yes, no) => {
    expect(yes.filter((address) => !isAllowedAddress(address, allow))).toEqual([]);
    expect(no.filter((address) => isAllowedAddress(address, allow))).toEqual([]);
  });
});
