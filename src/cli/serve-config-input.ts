import { PaletteEdgeError } from '../errors.ts';
import type { ClientLogin } from '../workflows/serve-client-setup.ts';
import type { ClientName, ServeConfigInput } from '../workflows/serve-config.ts';
import { isEveryAddress, reachableAddresses } from '../workflows/served-host-names.ts';
import { listenAddress } from './serve-flags.ts';
import { serveInput } from './serve-input.ts';
import type { ServeFlags } from './serve-input.ts';

/** What was given for the flags of `serve --print-config`. */
export interface ServeConfigFlags extends ServeFlags {
  readonly 'config-folder': string | undefined;
  readonly 'show-password': boolean;
}

/**
 * The configuration of a client, from the same arguments and flags that serve it. Asks for a password only when it is to be shown.
 *
 * @throws as {@link serveInput}; PaletteEdgeError `ADVERTISE_MISSING` (kind usage) when nobody can know what clients call the server
 */
export async function serveConfigInput(
  { paths, client }: { readonly paths: readonly string[]; readonly client: ClientName },
  flags: ServeConfigFlags,
  signal: AbortSignal,
): Promise<ServeConfigInput> {
  const asked = flags['show-password'] ? flags : { ...flags, username: undefined };
  const { advertised, certificate, login } = await serveInput(paths, asked, signal);
  return {
    paths,
    client,
    origin: advertised ?? listeningOrigin(flags.listen, certificate !== undefined),
    certificate,
    login: login ?? unknownLogin(flags.username),
    folder: flags['config-folder'],
  };
}

function unknownLogin(username: string | undefined): ClientLogin | undefined {
  return username === undefined ? undefined : { username, password: undefined };
}

function listeningOrigin(listen: string, isSecure: boolean): string {
  const { address, port } = listenAddress(listen);
  const scheme = isSecure ? 'https' : 'http';
  if (port !== 0 && !isEveryAddress(address)) return `${scheme}://${listen}`;
  const host = reachableAddresses().at(0) ?? 'ADDRESS';
  const shown = host.includes(':') ? `[${host}]` : host;
  throw new PaletteEdgeError(
    'ADVERTISE_MISSING',
    `clients cannot be told to pull from ${listen}: ${port === 0 ? 'its port is not known yet' : 'that is no address of one machine'}`,
    {
      kind: 'usage',
      suggestions: [
        `Say what they call this machine: --advertise ${scheme}://${shown}:${port === 0 ? 'PORT' : port}`,
      ],
    },
  );
}
