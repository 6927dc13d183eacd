import { PaletteEdgeError } from '../errors.ts';
import type { Warning } from '../warning.ts';

/** What hosts look for: the label of the content partition of an edge host. */
export const contentLabel = 'COS_CONTENT';

/** ECMA-119, section 8.4.8 (volume identifier): 32 d-characters. */
const maximumLength = 32;
/** Joliet holds 16 characters in the same 32 bytes. */
const jolietLength = 16;

/**
 * Makes sure that every reader understands a volume label in the same way.
 *
 * @returns the label
 * @throws PaletteEdgeError `ISO_LABEL_INVALID` (kind usage), with one that would do
 */
export function checkIsoLabel(label: string): string {
  if (label.length <= maximumLength && /^[A-Z0-9_]+$/.test(label)) return label;
  const near = label
    .toUpperCase()
    .replaceAll(/[^A-Z0-9_]+/g, '_')
    .slice(0, maximumLength);
  throw new PaletteEdgeError(
    'ISO_LABEL_INVALID',
    `the label ${JSON.stringify(label.slice(0, 100))} cannot name an ISO image: expected 1 to ${maximumLength} characters out of A-Z, 0-9 and _`,
    {
      kind: 'usage',
      suggestions: [/[A-Z0-9]/.test(near) ? `--iso-label ${near}` : `--iso-label ${contentLabel}`],
    },
  );
}

/** What is to be said of a label that is valid: Linux sees all of it, Windows the beginning. */
export function isoLabelWarnings(label: string): Warning[] {
  if (label.length <= jolietLength) return [];
  const message = `Windows shows the first ${jolietLength} characters of the label only: ${label.slice(0, jolietLength)}; Linux (blkid) sees ${label}`;
  return [{ code: 'ISO_LABEL_LONG', message }];
}
