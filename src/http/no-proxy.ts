import { BlockList, isIP } from 'node:net';

import { portOf } from './listed-host.ts';

/** One entry of `NO_PROXY`: whether it holds for a host, lower case and without brackets, and a port. */
type Rule = (host: string, port: string) => boolean;

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * Reads a `NO_PROXY` variable by Go's rules (golang.org/x/net/http/httpproxy), which container tools go by:
 * `example.com` and what is below it, `.example.com` and `*.example.com` only what is below, addresses, CIDR ranges, each
 * of the first two kinds with `:port` or without, and `*` for every host. Loopback is never proxied.
 *
 * @returns whether a URL is to be asked without a proxy
 */
export function noProxyRules(text: string): (url: URL) => boolean {
  const entries = text.split(',').map((entry) => entry.trim().toLowerCase());
  const rules: readonly Rule[] = entries.includes('*') ? [() => true] : entries.flatMap(readRule);
  return (url) => {
    const host = unbracketed(url.hostname.toLowerCase()).replace(/\.$/, '');
    if (host === 'localhost' || isIn(loopback, host)) return true;
    return rules.some((rule) => rule(host, portOf(url)));
  };
}

function readRule(entry: string): Rule[] {
  if (entry === '') return [];
  const slash = entry.indexOf('/');
  if (slash >= 0) return rangeRule(entry.slice(0, slash), entry.slice(slash + 1));
  const { host, port } = splitPort(entry);
  if (host === '') return [];
  const family = isIP(host);
  const isPort = (other: string): boolean => port === undefined || port === other;
  if (family !== 0) {
    const address = new BlockList();
    address.addAddress(host, family === 4 ? 'ipv4' : 'ipv6');
    return [(other, otherPort) => isIn(address, other) && isPort(otherPort)];
  }
  const isBelowOnly = /^\*?\./.test(host);
  const name = asciiName(host.replace(/^\*?\./, ''));
  return [
    (other, otherPort) =>
      (other.endsWith(`.${name}`) || (!isBelowOnly && other === name)) && isPort(otherPort),
  ];
}

function rangeRule(address: string, bits: string): Rule[] {
  const family = isIP(address);
  const prefix = /^\d{1,3}$/.test(bits) ? Number(bits) : Infinity;
  if (family === 0 || prefix > (family === 4 ? 32 : 128)) return [];
  const range = new BlockList();
  range.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6');
  return [(host) => isIn(range, host)];
}

function isIn(list: BlockList, host: string): boolean {
  const family = isIP(host);
  return family !== 0 && list.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

/** `::1` has colons and no port. */
function splitPort(entry: string): { readonly host: string; readonly port?: string } {
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(entry);
  if (match === null) return { host: entry };
  const [, host = '', port] = match;
  return port === undefined ? { host: unbracketed(host) } : { host: unbracketed(host), port };
}

function unbracketed(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

/** As URLs write it: `bücher.example` is `xn--bcher-kva.example` there. */
function asciiName(name: string): string {
  const bare = name.replace(/\.$/, '');
  return URL.canParse(`http://${bare}/`) ? new URL(`http://${bare}/`).hostname : bare;
}
