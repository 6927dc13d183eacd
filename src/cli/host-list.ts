import { PaletteEdgeError } from '../errors.ts';

/**
 * Reads the hosts of `--plain-http` and `--insecure`: `host`, `host:port`, `[::1]:5000`, or a URL of one.
 *
 * @throws PaletteEdgeError `HOST_INVALID` (kind usage)
 */
export function hostList(flag: string, texts: readonly string[]): ReadonlySet<string> {
  return new Set(texts.map((text) => hostOf(flag, text)));
}

function hostOf(flag: string, text: string): string {
  const bare = text.replace(/^https?:\/\//i, '').replace(/\/+$/, '');
  const isHost = bare !== '' && !/[/\\@?#\s]|:$/.test(bare) && URL.canParse(`https://${bare}/`);
  if (!isHost) {
    // Beside a host there may be a password: then it is not told.
    const message = /[@?#]/.test(bare)
      ? `${flag} takes a host without user, password and query`
      : `${flag} ${JSON.stringify(text)} names no host`;
    throw new PaletteEdgeError('HOST_INVALID', message, {
      kind: 'usage',
      suggestions: [`Expected ${flag} HOST or ${flag} HOST:PORT, as in registry.example.com:5000.`],
    });
  }
  return bare.toLowerCase();
}
