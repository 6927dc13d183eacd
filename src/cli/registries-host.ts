import { registryOfHost, withoutDefaultPort } from '../registry/repository-name.ts';
import { invalidPiece } from './registries-piece.ts';
import type { RegistriesPiece } from './registries-piece.ts';

/**
 * Reads a key of a registries file that names a registry: `docker.io`, `registry.corp:5000`, `[fd00::1]:5000`.
 *
 * @returns as in a reference, without the port 443
 * @throws PaletteEdgeError `REGISTRIES_FILE_INVALID`
 */
export function registryHost(name: string, piece: RegistriesPiece): string {
  const host = name.toLowerCase();
  const isHost = host !== '' && !/[/\\@?#\s*]|:$/.test(host) && URL.canParse(`https://${host}/`);
  if (!isHost) {
    // It stands in the message with its key already, unless there may be a password in it.
    const { keys } = piece;
    const shown = name.includes('@') ? { ...piece, keys: keys.slice(0, -1) } : piece;
    throw invalidPiece(shown, 'the key is no registry host', [
      'Write HOST or HOST:PORT, without scheme and path. Paths are for --mirror, and for rewrite.',
    ]);
  }
  return registryOfHost(withoutDefaultPort(host));
}
