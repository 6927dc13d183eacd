import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';

/** Names of hosts as certificates have them (RFC 1123, 2.1). */
const dnsName = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
const everyAddress: readonly string[] = ['0.0.0.0', '::'];
const ownNames = ['localhost', '127.0.0.1', '::1'];

/** Whether a server on this address is reached by every address of its machine. */
export function isEveryAddress(address: string): boolean {
  return everyAddress.includes(address);
}

/** IP addresses of this machine that other machines may know, those of IPv4 first. Those of one link only are left out. */
export function reachableAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !address.toLowerCase().startsWith('fe80:'))
    .map(({ address }) => address)
    .toSorted((left, right) => isIP(left) - isIP(right));
}

/**
 * What clients may call a server that listens on an address: IP addresses and names of hosts, each once.
 *
 * @param address an IP address, or a name of one
 * @param others names that only the user knows
 */
export function servedHostNames(address: string, others: readonly string[]): string[] {
  const machine = isEveryAddress(address) ? [...reachableAddresses(), hostname()] : [address];
  const names = [...ownNames, ...machine, ...others].map((name) => name.toLowerCase());
  return [...new Set(names)].filter((name) => isIP(name) !== 0 || dnsName.test(name));
}
