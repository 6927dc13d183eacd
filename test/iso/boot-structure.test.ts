import { readFile } from 'node:fs/promises';

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { bootDifferences } from '../../src/iso/boot-differences.ts';
import { bootProblems } from '../../src/iso/boot-problems.ts';
import { readBootStructure } from '../../src/iso/boot-structure.ts';
import { bootWays } from '../../src/iso/boot-ways.ts';
import { auroraBootIso, grubRescueIso, isolinuxIso, uefiOnlyIso } from '../support/bootable-iso.ts';
import { plainTree, structureOf } from '../support/plain-installer.ts';
import { memoryAccess, noise } from '../support/sample-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('an image with all there is: El Torito for BIOS and UEFI, GPT with its copy, the file system in a partition', async () => {
  const { path } = await auroraBootIso(await plainTree(await temporaryFolder()));
  const structure = await structureOf(path);
  expect(structure).toMatchObject({
    volume: { label: 'COS_LIVE', hasRockRidge: true, hasJoliet: true },
    images: [
      { platform: 0, isBootable: true, emulation: 0, fatSize: undefined },
      { platform: 0xef, isBootable: true, emulation: 0, fatSize: 2 * 1024 * 1024 },
    ],
    hasSystemArea: true,
    hasBootCode: true,
    hasApplePartitions: false,
    isoPartitions: [{ name: 'GPT partition 1', start: 64 }],
  });
  const { gpt } = structure;
  if (gpt === undefined || gpt === 'damaged') throw new Error('there is no GPT');
  expect(gpt.backup).toEqual({ ...gpt.primary, sector: gpt.primary.otherSector, otherSector: 1 });
});

test('the Apple partition map of grub-mkrescue', async () => {
  const { path } = await grubRescueIso(await plainTree(await temporaryFolder()));
  expect(await structureOf(path)).toMatchObject({ hasApplePartitions: true });
});

test('what is no ISO image has no structure', async () => {
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(40_000), noise(100_000, 1)]) {
    expect(await readBootStructure(memoryAccess(bytes))).toBeUndefined();
  }
});

test('bytes that are anything make it say what is wrong, and nothing worse', async () => {
  const { path } = await uefiOnlyIso(await plainTree(await temporaryFolder()));
  const image = (await readFile(path)).subarray(0, 400_000);
  const places = [446, 512, 1024, 16 * 2048, 17 * 2048, 32 * 2048, 33 * 2048, 82 * 2048];
  const change = fc.tuple(
    fc.constantFrom(...places),
    fc.nat({ max: 255 }),
    fc.uint8Array({ minLength: 1, maxLength: 64 }),
  );
  await fc.assert(
    fc.asyncProperty(
      change,
      fc.integer({ min: 35_000, max: image.length }),
      async ([place, offset, bytes], length) => {
        const spoilt = Buffer.from(image.subarray(0, length));
        const position = Math.min(place + offset, length);
        spoilt.set(bytes.subarray(0, length - position), position);
        const structure = await readBootStructure(memoryAccess(spoilt));
        if (structure === undefined) return;
        expect(bootProblems(structure).length).toBeGreaterThan(0);
        expect(bootWays(structure).length).toBeLessThan(5);
      },
    ),
    { numRuns: 300 },
  );
});

describe('what changed from one image to another', () => {
  test('of the same image: nothing', async () => {
    const { path } = await isolinuxIso(await plainTree(await temporaryFolder()));
    expect(bootDifferences(await structureOf(path), await structureOf(path))).toEqual([]);
  });

  test('of images of two kinds: all that firmware looks at', async () => {
    const tree = await plainTree(await temporaryFolder());
    const [isolinux, uefi] = [(await isolinuxIso(tree)).path, (await uefiOnlyIso(tree)).path];
    const changes = bootDifferences(await structureOf(isolinux), await structureOf(uefi));
    expect(changes).toContain('the boot images changed');
    expect(changes).toContain('the boot code of disks changed');
    expect(changes).toContain('the types of partitions changed');
    expect(changes).toContain('the identity of the disk changed');
  });
});

test.each([
  ['ISOLINUX', isolinuxIso],
  ['UEFI only', uefiOnlyIso],
  ['grub-mkrescue', grubRescueIso],
])('%s starts as its maker says', async (_, make) => {
  const { path, machines } = await make(await plainTree(await temporaryFolder()));
  expect(bootWays(await structureOf(path))).toEqual(machines);
});
