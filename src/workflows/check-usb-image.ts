import { PaletteEdgeError } from '../errors.ts';
import type { RandomAccess } from '../io/random-access.ts';
import { printable } from '../io/printable.ts';
import { isIsoImage, readIsoVolume } from '../iso/iso-volume.ts';
import { checksumBeside } from './checksum-file.ts';

/** What is told of an image before it is written. */
export interface ImageFacts {
  /** The label of an ISO 9660 image; undefined for others. */
  readonly label: string | undefined;
  /** What the `.sha256` beside it says that it has, in hex; undefined when there is none. */
  readonly sha256: string | undefined;
}

/** ECMA-119, 8.4.7. */
const longestLabel = 32;

interface Packing {
  /** The first bytes, as Latin-1. */
  readonly magic: string;
  readonly name: string;
  readonly advice: string;
}

const packings: readonly Packing[] = [
  {
    magic: '\u0028\u00B5\u002F\u00FD',
    name: 'compressed with Zstandard, as bundles are',
    advice:
      'A bundle goes into an ISO image first: palette-edge iso create BUNDLE. Another file: zstd -d FILE',
  },
  { magic: '\u001F\u008B', name: 'compressed with gzip', advice: 'Unpack it first: gunzip --keep FILE' },
  { magic: '\u00FD7zXZ\u0000', name: 'compressed with xz', advice: 'Unpack it first: unxz --keep FILE' },
  { magic: 'BZh', name: 'compressed with bzip2', advice: 'Unpack it first: bunzip2 --keep FILE' },
  { magic: 'PK\u0003\u0004', name: 'a ZIP archive', advice: 'Unpack it first: unzip FILE' },
];

/**
 * Refuses what would be no good on a drive byte for byte, and reads the label of an ISO image.
 *
 * @throws PaletteEdgeError `IMAGE_INVALID` (kind usage) for an empty file and for a compressed one; `ISO_TRUNCATED`, `ISO_DAMAGED`,
 *   `NOT_AN_ISO` (kind content) for an ISO image that is not whole, or whose descriptors are damaged
 */
export async function checkUsbImage(image: RandomAccess, path: string): Promise<ImageFacts> {
  if (image.size === 0) throw invalid(path, 'it is empty', 'Make it again.');
  const start = latin1(await image.read(0, Math.min(8, image.size)));
  const packing = packings.find(({ magic }) => start.startsWith(magic));
  if (packing !== undefined) throw invalid(path, `it is ${packing.name}`, packing.advice);
  return { label: await isoLabel(image, path), sha256: await checksumBeside(path) };
}

async function isoLabel(image: RandomAccess, path: string): Promise<string | undefined> {
  if (!(await isIsoImage(image))) return undefined;
  const { label } = await readIsoVolume(image, path);
  const text = printable(label, longestLabel);
  return text === '' ? undefined : text;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

function invalid(path: string, reason: string, advice: string): PaletteEdgeError {
  return new PaletteEdgeError('IMAGE_INVALID', `${path} is not written to a drive: ${reason}`, {
    kind: 'usage',
    suggestions: [advice],
  });
}
