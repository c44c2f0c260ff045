// Which IP addresses this service may connect to on behalf of others.
import { BlockList, isIP } from 'node:net';

/**
 * Setting `OUTBOUND_ALLOW`: `public` is the internet alone; `loopback` adds this machine, `private` this machine and
 * private networks. Link-local and metadata addresses are never allowed.
 */
export type OutboundAllow = 'public' | 'loopback' | 'private';

type Subnet = readonly [network: string, prefix: number];

const loopback: readonly Subnet[] = [
  ['127.0.0.0', 8],
  ['::1', 128],
];

/** RFC 1918, RFC 6598 (carrier-grade NAT), RFC 4193. */
const privateNetworks: readonly Subnet[] = [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['fc00::', 7],
];

/** Inside the private networks, and yet keys to the machine: instance metadata of clouds. */
const metadata: readonly Subnet[] = [
  ['100.100.100.200', 32], // Alibaba
  ['fd00:ec2::254', 128], // AWS
  ['fd20:ce::254', 128], // Google
];

/** What of IPv4 is neither of these nor the internet (IANA's special-purpose registry), and Azure's host address. */
const unroutable: readonly Subnet[] = [
  ['0.0.0.0', 8],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/** The only part of IPv6 that is the internet; all IPv4-in-IPv6 forms but 6to4 and Teredo lie outside. */
const globalUnicast = toBlockList([['2000::', 3]]);

/** Of it: protocol assignments and Teredo, documentation (twice), 6to4. */
const unroutableGlobal: readonly Subnet[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

/** IPv4 in IPv6, like ::ffff:127.0.0.1. */
const mapped = toBlockList([['::ffff:0:0', 96]]);

const lists = {
  loopback: toBlockList(loopback),
  private: toBlockList(privateNetworks),
  never: toBlockList([...metadata, ...unroutable, ...unroutableGlobal]),
};

/** @param address an IP address in any notation that Node's `isIP` knows; anything else is not allowed */
export function isAllowedAddress(address: string, allow: OutboundAllow): boolean {
  const version = isIP(address);
  // A zone (`fe80::1%eth0`) only makes sense for link-local addresses.
  if (version === 0 || address.includes('%')) return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const isIn = (list: BlockList) => list.check(address, family);
  // The blocks of IPv4 would match these as well, and nobody needs them.
  if (family === 'ipv6' && mapped.check(address, family)) return false;
  if (isIn(lists.never)) return false;
  if (isIn(lists.loopback)) return allow !== 'public';
  if (isIn(lists.private)) return allow === 'private';
  return family === 'ipv4' || isIn(globalUnicast);
}

function toBlockList(subnets: readonly Subnet[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of subnets) {
    list.addSubnet(network, prefix, isIP(network) === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}
