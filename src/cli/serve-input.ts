import { isIP } from 'node:net';

import { PaletteEdgeError } from '../errors.ts';
import { parseByteSize } from '../io/parse-byte-size.ts';
import type { RegistryLogin } from '../registry-server/login.ts';
import { readSourceFile } from '../workflows/read-source-file.ts';
import type { ServeInput } from '../workflows/serve-bundles.ts';
import type { CertificateRequest } from '../workflows/served-certificate.ts';
import { servedHostNames } from '../workflows/served-host-names.ts';
import { askLogin } from './ask-login.ts';
import { diskFolder } from './disk-folder.ts';
import { isHostName, listenAddress } from './serve-flags.ts';

/** What was given for the flags of `serve`. */
export interface ServeFlags {
  readonly listen: string;
  readonly advertise: string | undefined;
  readonly 'tls-cert': string | undefined;
  readonly 'tls-key': string | undefined;
  readonly 'tls-self-signed': boolean;
  readonly 'tls-folder': string;
  readonly 'tls-name': readonly string[];
  readonly username: string | undefined;
  readonly 'password-file': string | undefined;
  readonly 'restored-space': string;
}

/**
 * What to serve, to whom and how, from the arguments and flags of `serve`. May ask for a password.
 *
 * @throws PaletteEdgeError of kind usage: `SIZE_INVALID`, `LISTEN_INVALID`, `ADVERTISE_INVALID`, `TLS_NAME_INVALID`, `LOGIN_INVALID`; for a file that
 *   cannot be read; the signal's reason when aborted
 */
export async function serveInput(
  paths: readonly string[],
  flags: ServeFlags,
  signal: AbortSignal,
): Promise<ServeInput> {
  const { address, port } = listenAddress(flags.listen);
  const advertised = flags.advertise === undefined ? undefined : advertisedOrigin(flags.advertise);
  const certificate = certificateRequest(address, advertised, flags);
  const restored = { folder: diskFolder(), limit: restoredSpace(flags) };
  const login = await givenLogin(flags, signal);
  return { paths, address, port, advertised, certificate, restored, login };
}

function restoredSpace({ 'restored-space': text }: ServeFlags): number {
  const limit = parseByteSize(text);
  if (limit !== undefined) return limit;
  throw new PaletteEdgeError('SIZE_INVALID', `--restored-space ${JSON.stringify(text)}: expected a size`, {
    kind: 'usage',
    suggestions: ['Write it like this: 4GiB, 500MB'],
  });
}

/** The origin of a URL that clients use. A path would be none of the API, which is at `/v2/` for all clients. */
function advertisedOrigin(text: string): string {
  const url = URL.parse(text);
  const isWeb = url !== null && /^https?:$/.test(url.protocol);
  if (isWeb && /^https?:\/\/[^@?#\\]+$/i.test(text) && url.pathname === '/') return url.origin;
  // With a user in it there may be a password: then it is not told.
  const shown = text.includes('@')
    ? 'takes a URL without a user'
    : `${JSON.stringify(text)} is no URL of a server`;
  throw new PaletteEdgeError('ADVERTISE_INVALID', `--advertise ${shown}`, {
    kind: 'usage',
    suggestions: ['Expected --advertise http://HOST:PORT or https://HOST:PORT, without a path.'],
  });
}

function certificateRequest(
  address: string,
  advertised: string | undefined,
  flags: ServeFlags,
): CertificateRequest | undefined {
  const { 'tls-cert': certPath, 'tls-key': keyPath } = flags;
  if (certPath !== undefined && keyPath !== undefined) return { kind: 'files', certPath, keyPath };
  if (!flags['tls-self-signed']) return undefined;
  const named = flags['tls-name'].map(tlsName);
  const host = advertised === undefined ? [] : [new URL(advertised).hostname.replaceAll(/^\[|\]$/g, '')];
  return {
    kind: 'selfSigned',
    folder: flags['tls-folder'],
    ...servedHostNames(address, [...named, ...host]),
  };
}

function tlsName(text: string): string {
  if (isIP(text) !== 0 || isHostName(text)) return text;
  throw new PaletteEdgeError('TLS_NAME_INVALID', `--tls-name ${JSON.stringify(text)} is no name of a host`, {
    kind: 'usage',
    suggestions: ['Expected a name or an IP address without a port, as in registry.site or 10.0.0.5.'],
  });
}

async function givenLogin(
  { username, 'password-file': file }: ServeFlags,
  signal: AbortSignal,
): Promise<RegistryLogin | undefined> {
  if (username === undefined) return undefined;
  // RFC 7617, 2: the first colon ends the name, and control characters are in none.
  if (/^$|[:\p{Cc}]/u.test(username))
    throw loginInvalid(
      `--username ${JSON.stringify(username)} is no user name`,
      'It must not be empty, nor have a colon.',
    );
  const login =
    file === undefined ? await askLogin(username, signal) : { username, password: await readPassword(file) };
  if (login.password === '')
    throw loginInvalid('the password is empty', 'Give one, or leave out --username.');
  return login;
}

/** All of the file but for one line break at its end. */
async function readPassword(path: string): Promise<string> {
  return (await readSourceFile(path, 'password file')).text.replace(/\r?\n$/, '');
}

function loginInvalid(message: string, suggestion: string): PaletteEdgeError {
  return new PaletteEdgeError('LOGIN_INVALID', message, { kind: 'usage', suggestions: [suggestion] });
}
