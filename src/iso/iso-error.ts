import { PaletteEdgeError } from '../errors.ts';
import { driveAgain } from '../io/drive-again.ts';

/** The error for an image whose structure is not what it must be. */
export function damagedIso(place: string, reason: string): PaletteEdgeError {
  return new PaletteEdgeError('ISO_DAMAGED', `${place} is damaged: ${reason}`, {
    kind: 'content',
    suggestions: [driveAgain(place) ?? 'Copy the ISO image again from where it was made.'],
  });
}

/** The error for a file that ends before the image does. */
export function truncatedIso(place: string, reason: string): PaletteEdgeError {
  return new PaletteEdgeError('ISO_TRUNCATED', `${place} is not a whole ISO image: ${reason}`, {
    kind: 'content',
    suggestions: [driveAgain(place) ?? 'Compare its size with the original and copy it again.'],
  });
}

/** The error for a file that is something else, or of a kind that is not read here. */
export function notAnIso(place: string, reason: string): PaletteEdgeError {
  return new PaletteEdgeError('NOT_AN_ISO', `${place} is no ISO 9660 image: ${reason}`, {
    kind: 'content',
    suggestions: ['Name an .iso file that palette-edge iso create wrote.'],
  });
}

/** The error for a path that stands for no file of an image. */
export function notFoundInIso(place: string, what: string): PaletteEdgeError {
  return new PaletteEdgeError(
    'FILE_NOT_FOUND',
    `reading the ${what} ${place} failed: no such file in the ISO image`,
    {
      kind: 'notFound',
      suggestions: ['See what is in the ISO image: palette-edge iso inspect FILE.iso'],
    },
  );
}
