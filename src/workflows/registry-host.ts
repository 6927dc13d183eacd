import { PaletteEdgeError } from '../errors.ts';
import { normaliseCredentialKey } from '../registry/credential-keys.ts';

/**
 * Reads the registry of `login` and `logout`: `host`, `host:port`, `[::1]:5000`, or a URL of one.
 *
 * @returns as in a reference: `docker.io` for each of Docker Hub's names
 * @throws PaletteEdgeError `HOST_INVALID` (kind usage)
 */
export function parseRegistryHost(text: string): string {
  const host = normaliseCredentialKey(text);
  const isHost = host !== '' && !/[/\\@?#\s]|:$/.test(host) && URL.canParse(`https://${host}/`);
  if (isHost) return host;
  // Beside a host there may be a password: then it is not told.
  const message = /[@?#]/.test(text)
    ? 'expected a registry without user, password and query'
    : `${JSON.stringify(text)} names no registry`;
  throw new PaletteEdgeError('HOST_INVALID', message, {
    kind: 'usage',
    suggestions: ['Expected HOST or HOST:PORT, as in ghcr.io or registry.example.com:5000.'],
  });
}
