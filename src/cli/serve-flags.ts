import { isIP } from 'node:net';

import { Flags } from '@oclif/core';

import { PaletteEdgeError } from '../errors.ts';

/** How bundles are served. */
export const serveFlags = {
  listen: Flags.string({
    helpValue: 'HOST:PORT',
    summary:
      'Where to listen. Port 0 takes a free one, and says which. 0.0.0.0 is every address of this machine.',
    default: '127.0.0.1:5080',
  }),
  'access-log': Flags.boolean({
    summary: 'Write a line for each request to standard error: method, path, status, bytes.',
    default: false,
  }),
};

/** Where a server listens. */
export interface ListenAddress {
  /** An IP address, or a host name. */
  readonly address: string;
  /** 0 is a free one. */
  readonly port: number;
}

const hostName = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/i;
const highestPort = 65_535;

/**
 * Reads `--listen`: `127.0.0.1:5080`, `[::1]:5080`, `localhost:0`.
 *
 * @throws PaletteEdgeError `LISTEN_INVALID` (kind usage)
 */
export function listenAddress(text: string): ListenAddress {
  const [, ipv6, name, digits = ''] = /^(?:\[([^[\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  const isHost = ipv6 === undefined ? hostName.test(name ?? '') : isIP(ipv6) === 6;
  if (digits !== '' && isHost && port <= highestPort) return { address: ipv6 ?? name ?? '', port };
  throw new PaletteEdgeError(
    'LISTEN_INVALID',
    `--listen ${JSON.stringify(text)} is no address to listen on`,
    {
      kind: 'usage',
      suggestions: ['Expected --listen HOST:PORT, as in 127.0.0.1:5080, [::1]:5080 or 0.0.0.0:5080.'],
    },
  );
}
