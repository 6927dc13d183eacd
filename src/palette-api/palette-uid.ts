import { PaletteEdgeError } from '../errors.ts';

/** Whether a text is a uid of Palette: 24 hex digits. It becomes part of paths. */
export function isPaletteUid(text: string): boolean {
  return /^[0-9a-f]{24}$/.test(text);
}

/**
 * A uid as a person gives it.
 *
 * @param origin what gave it, for messages: `--project-id`
 * @throws PaletteEdgeError `PALETTE_UID_INVALID` (kind usage)
 */
export function parsePaletteUid(text: string, origin: string): string {
  const uid = text.trim().toLowerCase();
  if (isPaletteUid(uid)) return uid;
  throw new PaletteEdgeError(
    'PALETTE_UID_INVALID',
    `${origin} ${JSON.stringify(text.slice(0, 100))} is no uid of Palette: expected 24 hex digits`,
    {
      kind: 'usage',
      suggestions: [
        'The uid is the last part of the address in the Palette console, and in the list of: palette-edge profiles',
      ],
    },
  );
}
