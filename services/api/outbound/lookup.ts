// Resolves names for outgoing connections, and lets only allowed addresses through.
//
// The check is inside the connection's own lookup: a name that changes its meaning between a check and a use (DNS
// rebinding) gains nothing. Node asks no lookup for hosts that are addresses; url-rules.ts has checked those.
import { type LookupAddress, lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { promisify } from 'node:util';
import { isAllowedAddress, type OutboundAllow } from './addresses.ts';
import { refusedAddress } from './url-rules.ts';

/** @returns every address of the name, in the order in which they should be tried */
export type Resolve = (hostname: string) => Promise<LookupAddress[]>;

const resolveBySystem: Resolve = (hostname) => promisify(lookup)(hostname, { all: true });

/**
 * For the option `lookup` of node:http(s). One address that isn't allowed refuses the whole name: honest names don't
 * mix them.
 *
 * @param options.resolve default: the system's resolver
 */
export function createGuardedLookup(options: {
  allow: OutboundAllow;
  resolve?: Resolve | undefined;
}): LookupFunction {
  const { allow, resolve = resolveBySystem } = options;
  return (hostname, lookupOptions, callback) => {
    resolve(hostname).then(
      (addresses) => {
        const [first] = addresses;
        if (first === undefined || !addresses.every((a) => isAllowedAddress(a.address, allow))) {
          callback(refusedAddress(), '');
        } else if (lookupOptions.all === true) callback(null, addresses);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    );
  };
}
