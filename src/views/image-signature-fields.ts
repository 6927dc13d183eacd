import type { ImageSignatures } from '../workflows/check-image-signatures.ts';
import { countOf } from './count-of.ts';

/** Who has signed the images; nothing when nobody asked. */
export function imageSignatureFields(signatures: ImageSignatures | undefined): [string, string][] {
  if (signatures === undefined) return [];
  const { signedBy, unchecked } = signatures;
  const keys = signedBy.map(({ key, file, images }): [string, string] => [
    'images signed by',
    `${file} (${key}): ${countOf(images, 'image')}`,
  ]);
  return unchecked === 0 ? keys : [...keys, ['signature not asked', `of ${countOf(unchecked, 'image')}`]];
}
