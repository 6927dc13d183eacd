import { expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import type { SeededRandom } from '../soak/seeded-random.ts';
import { seededRandom } from '../soak/seeded-random.ts';
import { noise } from '../support/sample-bundle.ts';
import {
  bytesOf,
  foreignIso,
  openIso,
  sampleEntries,
  sampleIso,
  sourceFolder,
} from '../support/sample-iso.ts';

const files = {
  SHA256SUMS: 'sums',
  'a/b/c.tar.zst': noise(5000, 1),
  'a/empty': '',
  [`${'long-'.repeat(40)}name`]: 'x',
};
const rounds = 1500;

/** Changes some bytes of the structure: descriptors, path tables, folders. */
function mutated(image: Buffer, structure: number, random: SeededRandom): Buffer {
  const bytes = Buffer.from(image);
  const changes = random.integer(1, 6);
  for (let change = 0; change < changes; change += 1) {
    const at = random.integer(16 * 2048, structure - 5);
    const kind = random.next();
    if (kind < 0.3) bytes.writeUInt32LE(random.pick([0, 1, 2 ** 31, 2 ** 32 - 1, 19, 20]), at);
    else if (kind < 0.5) bytes.copy(bytes, at, random.integer(16 * 2048, structure - 64), at + 64);
    else bytes.writeUInt8(random.integer(0, 255), at);
  }
  return random.chance(0.1) ? bytes.subarray(0, random.integer(0, bytes.length)) : bytes;
}

/** Opens an image and reads all of it: it works, or it is told why not. */
async function readAll(bytes: Buffer): Promise<'read' | 'refused'> {
  try {
    const image = await openIso(bytes);
    for (const file of image.files) {
      const access = image.open(file);
      // Nothing larger than the image can be in it.
      expect(access.size).toBeLessThanOrEqual(bytes.length * 4);
      await access.read(0, Math.min(access.size, 1024));
    }
    return 'read';
  } catch (error) {
    if (error instanceof PaletteEdgeError && error.kind === 'content') return 'refused';
    throw error;
  }
}

test.each([
  ['ours', 1, async () => await sampleIso(await sampleEntries(files))],
  ['of genisoimage, both trees', 2, async () => await foreignIso(await sourceFolder(files), '-R', '-J')],
  ['of genisoimage, plain', 3, async () => await foreignIso(await sourceFolder({ 'a/b.txt': 'x' }))],
])('a damaged image is read or refused, never more: %s', async (_, seed, make) => {
  const image = await bytesOf(await make());
  const random = seededRandom(seed);
  const outcomes = { read: 0, refused: 0 };
  for (let round = 0; round < rounds; round += 1) {
    const bytes = mutated(image, Math.min(image.length, 60 * 2048), random);
    try {
      outcomes[await readAll(bytes)] += 1;
    } catch (error) {
      throw new Error(`seed ${seed}, round ${round}`, { cause: error });
    }
  }
  expect(outcomes.read).toBeGreaterThan(100);
  expect(outcomes.refused).toBeGreaterThan(100);
});
