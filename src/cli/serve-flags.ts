import { isIP } from 'node:net';

import { Flags } from '@oclif/core';

import { baseFlags, baseRegistryFlags } from './base-flags.ts';
import { PaletteEdgeError } from '../errors.ts';
import { clientNames } from '../workflows/serve-config.ts';

/** How bundles are served. */
export const serveFlags = {
  ...baseFlags,
  ...baseRegistryFlags,
  listen: Flags.string({
    helpValue: 'HOST:PORT',
    summary:
      'Where to listen. Port 0 takes a free one, and says which. 0.0.0.0 is every address of this machine.',
    default: '127.0.0.1:5080',
  }),
  advertise: Flags.string({
    helpValue: 'URL',
    summary: 'What clients call this server, where that is not where it listens: https://registry.site:5080.',
  }),
  'restored-space': Flags.string({
    helpValue: 'SIZE',
    summary:
      'How much of restored layers of squeezed bundles is kept for the next client, in TMPDIR or else /var/tmp.',
    default: '4GiB',
  }),
  'tls-cert': Flags.string({
    helpGroup: 'ACCESS',
    helpValue: 'FILE',
    summary: 'Certificate of the server in PEM, with those between it and its authority.',
    dependsOn: ['tls-key'],
    exclusive: ['tls-self-signed'],
  }),
  'tls-key': Flags.string({
    helpGroup: 'ACCESS',
    helpValue: 'FILE',
    summary: 'Its private key in PEM, without a passphrase.',
    dependsOn: ['tls-cert'],
  }),
  'tls-self-signed': Flags.boolean({
    helpGroup: 'ACCESS',
    summary: 'Make a certificate, or take the one that was made before, for clients to trust.',
    default: false,
  }),
  'tls-folder': Flags.string({
    helpGroup: 'ACCESS',
    helpValue: 'FOLDER',
    summary: 'Where that certificate is put, and its key, which only you can read.',
    default: '.',
  }),
  'tls-name': Flags.string({
    helpGroup: 'ACCESS',
    helpValue: 'HOST',
    summary: 'Another name or IP address that it is for, besides those of this machine that it listens on.',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
  }),
  username: Flags.string({
    helpGroup: 'ACCESS',
    char: 'u',
    helpValue: 'USER',
    summary:
      'Serve those who log in as this user. The password is asked for, or read from standard input or a file.',
  }),
  'password-file': Flags.string({
    helpGroup: 'ACCESS',
    helpValue: 'FILE',
    summary: 'Read the password from this file.',
    dependsOn: ['username'],
    exclusive: ['password-stdin'],
  }),
  'password-stdin': Flags.boolean({
    helpGroup: 'ACCESS',
    summary: 'Read it from standard input: what happens anyway where that is no terminal.',
    dependsOn: ['username'],
  }),
  'print-config': Flags.option({
    helpGroup: 'CLIENTS',
    options: clientNames,
    summary: 'Serve nothing: print what these clients need to pull from here under the original names.',
  })(),
  'config-folder': Flags.string({
    helpGroup: 'CLIENTS',
    helpValue: 'FOLDER',
    summary: 'Write it, too: the files as they are on a client, with this folder as its root.',
    dependsOn: ['print-config'],
  }),
  'show-password': Flags.boolean({
    helpGroup: 'CLIENTS',
    summary: 'Put the password into it. Without this there is a place to fill in.',
    default: false,
  }),
  'access-log': Flags.boolean({
    summary:
      'Write a line for each request to standard error: method, path, status, bytes. --verbose does, too.',
    default: false,
  }),
};

const hostName = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/i;
const highestPort = 65_535;

/** Whether a text can be the name of a host. */
export function isHostName(text: string): boolean {
  return hostName.test(text);
}

/** Where a server listens. */
export interface ListenAddress {
  /** An IP address, or a host name. */
  readonly address: string;
  /** 0 is a free one. */
  readonly port: number;
}

/**
 * Reads `--listen`: `127.0.0.1:5080`, `[::1]:5080`, `localhost:0`.
 *
 * @throws PaletteEdgeError `LISTEN_INVALID` (kind usage)
 */
export function listenAddress(text: string): ListenAddress {
  const [, ipv6, name, digits = ''] = /^(?:\[([^[\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  const isHost = ipv6 === undefined ? isHostName(name ?? '') : isIP(ipv6) === 6;
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
