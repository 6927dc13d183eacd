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

/** What clients may call a server: IP addresses and names of hosts, each once. */
export interface ServedHostNames {
  /** What the user gave, and loopback. */
  readonly names: readonly string[];
  /** What else the machine is called at the moment, for a server on every address of it. */
  readonly machineNames: readonly string[];
}

/**
 * What clients may call a server that listens on an address.
 *
 * @param address an IP address, or a name of one
 * @param others names that only the user knows
 */
export function servedHostNames(address: string, others: readonly string[]): ServedHostNames {
  const isEvery = isEveryAddress(address);
  const names = nameable([...ownNames, ...(isEvery ? [] : [address]), ...others]);
  const machine = isEvery ? nameable([...reachableAddresses(), hostname()]) : [];
  return { names, machineNames: machine.filter((name) => !names.includes(name)) };
}

/** What a certificate can name. */
function nameable(names: readonly string[]): string[] {
  const lowered = new Set(names.map((name) => name.toLowerCase()));
  return [...lowered].filter((name) => isIP(name) !== 0 || dnsName.test(name));
}

/**
 * The host and port that clients on other machines can use for a server: its first reachable address when it listens on every one, and
 * the name that was given, which a certificate is for.
 *
 * @param address as it was given
 * @param server what it listens on
 */
export function clientHost(
  address: string,
  { host, port }: { readonly host: string; readonly port: number },
): string {
  if (!isEveryAddress(address)) return isIP(address) === 0 ? `${address}:${port}` : host;
  const reachable = reachableAddresses().find((known) => address === '::' || isIP(known) === 4);
  return `${bracketed(reachable ?? '127.0.0.1')}:${port}`;
}

/** An IP address as URLs have it. */
function bracketed(address: string): string {
  return isIP(address) === 6 ? `[${address}]` : address;
}
