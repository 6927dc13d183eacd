import { PaletteEdgeError } from '../errors.ts';
import { driveAgain } from '../io/drive-again.ts';

/** The error for a bundle whose bytes are not what they must be. */
export function damagedBundle(place: string, reason: string, cause?: unknown): PaletteEdgeError {
  return new PaletteEdgeError('BUNDLE_DAMAGED', `${place} is damaged: ${reason}`, {
    kind: 'content',
    cause,
    suggestions: [
      driveAgain(place) ??
        'Compare it with its .sha256 file (sha256sum -c) and copy it again from where it was made.',
    ],
  });
}

/** The error for a file that ends before the bundle does. */
export function truncatedBundle(place: string, reason: string): PaletteEdgeError {
  return new PaletteEdgeError('BUNDLE_TRUNCATED', `${place} is not a whole bundle: ${reason}`, {
    kind: 'content',
    suggestions: [
      driveAgain(place) ??
        'Compare its size with the original and copy it again; a part alone is not a bundle.',
    ],
  });
}

/** The error for a file that has to be decrypted before. */
export function encryptedBundle(place: string): PaletteEdgeError {
  return new PaletteEdgeError(
    'BUNDLE_ENCRYPTED',
    `${place} is encrypted with age: it has to be decrypted first`,
    {
      kind: 'usage',
      suggestions: [
        'With a secret key: palette-edge decrypt FILE.age --identity KEYFILE',
        'With a passphrase: palette-edge decrypt FILE.age',
      ],
    },
  );
}

/** The error for a file that is something else. */
export function notABundle(place: string, reason: string): PaletteEdgeError {
  return new PaletteEdgeError('NOT_A_BUNDLE', `${place} is not a palette-edge bundle: ${reason}`, {
    kind: 'content',
    suggestions: ['Name a .tar.zst file that palette-edge build wrote.'],
  });
}

const mostNamed = 10;

/**
 * The error for content that is in a base of a delta bundle, which is not there.
 *
 * @param bases those that may have it: which of them does nobody knows
 * @param given what is there, for people
 */
export function baseNeeded(
  what: string,
  bases: readonly { readonly name: string; readonly id: string }[],
  given = '',
): PaletteEdgeError {
  const shown = bases.slice(0, mostNamed).map(({ name, id }) => `${name}, id ${id}`);
  const more = bases.length > mostNamed ? ` or ${bases.length - mostNamed} more` : '';
  const named = shown.length === 0 ? '' : `: ${shown.join(' or ')}${more}`;
  const instead = given === '' ? '' : ` (${given})`;
  return new PaletteEdgeError('BASE_NEEDED', `${what}, and that is not there${named}${instead}`, {
    kind: 'notFound',
    suggestions: ['Name the bundle that it was made against: --base OLD.tar.zst'],
  });
}
