import { open, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { createAnchorTable } from '../../src/delta/anchor-table.ts';
import { applyPatch } from '../../src/delta/apply-patch.ts';
import { createByteList } from '../../src/delta/byte-list.ts';
import { patchMagic } from '../../src/delta/patch-format.ts';
import { createReference } from '../../src/delta/reference.ts';
import { createSectionWriter } from '../../src/delta/section-writer.ts';
import { PaletteEdgeError } from '../../src/errors.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import {
  applied,
  joined,
  noise,
  oldTarAccess,
  patchOf,
  piecesOf,
  programLike,
  seededRandom,
} from './delta-inputs.ts';

const old = Buffer.concat([programLike(seededRandom(1), 30_000, 0), noise(seededRandom(2), 20_000)]);
const target = Buffer.concat([
  programLike(seededRandom(1), 30_000, 64).subarray(400),
  noise(seededRandom(3), 300),
  old.subarray(30_000, 45_000),
]);

interface Section {
  readonly size: number;
  /** Commands, gaps, differences, literals. */
  readonly streams: readonly (readonly number[])[];
}

/** A patch of one old tar of 1000 bytes, with sections whose streams are written by hand. */
function handmade(...sections: readonly Section[]): Buffer {
  const patch = createByteList();
  patch.putAll(patchMagic);
  for (const number of [1, 1, 1000]) patch.putNumber(number);
  for (const { size, streams } of sections) {
    patch.putNumber(size);
    for (const stream of streams.slice(0, 3)) patch.putNumber(stream.length);
    for (const stream of streams) patch.putAll(Uint8Array.from(stream));
  }
  patch.putNumber(0);
  return Buffer.from(patch.take());
}

const thousand = noise(seededRandom(4), 1000);

test('a patch written by hand does what the document says', async () => {
  // Two literals, ten bytes from 20 on, one literal, eight bytes from 15 on; the last byte of the first copy and the first of the second differ.
  const commands = [2, 10, 40, 1, 8, 29];
  const patch = handmade({ size: 22, streams: [commands, [9, 0], [1, 255], [7, 8, 9, 10]] });
  const expected = Buffer.from([7, 8, ...thousand.subarray(20, 30), 9, ...thousand.subarray(15, 23), 10]);
  expected.writeUInt8((expected.readUInt8(11) + 1) % 256, 11);
  expected.writeUInt8((expected.readUInt8(13) + 255) % 256, 13);
  expect([...(await applied(patch, [thousand], 22))]).toEqual([...expected]);
});

test.for<[string, Section, string]>([
  [
    'reaches behind the old tar',
    { size: 10, streams: [[0, 10, 0xc8, 0x0f], [], []] },
    'outside the old tars',
  ],
  ['begins before the old tar', { size: 10, streams: [[0, 10, 1], [], []] }, 'outside the old tars'],
  ['reaches over its section', { size: 10, streams: [[1, 10, 0], [], []] }, 'over the end'],
  ['is tiny', { size: 10, streams: [[0, 7, 0], [], [], [1, 2, 3]] }, 'a copy has 7 bytes'],
  ['has no source', { size: 10, streams: [[0, 10], [], []] }, 'a number has no end'],
  [
    'has an endless number',
    { size: 10, streams: [Array<number>(16).fill(255), [], []] },
    'a number is too large',
  ],
  ['has too many commands', { size: 10, streams: [Array<number>(21).fill(0), [], []] }, 'at most 20'],
  ['has more gaps than differences', { size: 10, streams: [[0, 10, 0], [1, 1], [1]] }, 'more gaps'],
  ['has more differences than gaps', { size: 10, streams: [[0, 10, 0], [1], [1, 1]] }, 'no end'],
  ['changes what is not copied', { size: 10, streams: [[0, 9, 0], [9], [1], [5]] }, 'behind the last copy'],
])('a section that %s is refused', async ([, section, reason]) => {
  const error = await rejection(applied(handmade(section), [thousand], 10));
  expect(error).toMatchObject({ code: 'PATCH_INVALID', kind: 'content' });
  expect(error.message).toContain(reason);
});

test('a patch that gives more or less than it should is refused', async () => {
  const { bytes } = patchOf([old], target);
  for (const size of [0, target.length - 1, target.length + 1]) {
    expect((await rejection(applied(bytes, [old], size))).code).toBe('PATCH_INVALID');
  }
  const section = { size: 10, streams: [[0, 10, 0], [], []] };
  expect((await rejection(applied(handmade(section, section), [thousand], 19))).message).toContain(
    'more than 19',
  );
  const huge = handmade({ size: 8_388_609, streams: [[], [], []] });
  expect((await rejection(applied(huge, [thousand], 9_000_000))).message).toContain('8388609');
});

test('a patch for other old tars, of another version, or with something behind it is refused', async () => {
  const { bytes } = patchOf([old], target);
  for (const olds of [[], [old, old], [old.subarray(1)]]) {
    expect((await rejection(applied(bytes, olds, target.length))).code).toBe('PATCH_INVALID');
  }
  const later = Buffer.from(bytes);
  later[patchMagic.length] = 2;
  expect((await rejection(applied(later, [old], target.length))).code).toBe('PATCH_UNSUPPORTED');
  const longer = Buffer.concat([bytes, Buffer.from([0])]);
  expect((await rejection(applied(longer, [old], target.length))).message).toContain('follows its end');
});

test('a patch that ends anywhere is refused', async () => {
  const { bytes } = patchOf([old], target);
  for (let length = 0; length < bytes.length; length += 1 + (length >> 4)) {
    const error = await rejection(applied(bytes.subarray(0, length), [old], target.length));
    expect(error.code).toBe('PATCH_INVALID');
  }
});

test('changed patches give as many bytes as they should, or are refused', async () => {
  const random = seededRandom(5);
  const { bytes } = patchOf([old], target);
  let refused = 0;
  for (let count = 0; count < 1500; count++) {
    const changed = Buffer.from(bytes);
    // The commands and sizes lie in front: half of the changes go there.
    for (let edits = 1 + random(3); edits > 0; edits--) {
      changed[random(random(2) === 0 ? 64 : changed.length)] = random(256);
    }
    const { received, error } = await trial(changed);
    const fewest = error === undefined ? target.length : 0;
    expect(received).toBeGreaterThanOrEqual(fewest);
    expect(received).toBeLessThanOrEqual(target.length);
    if (error !== undefined) refused++;
  }
  expect(refused).toBeGreaterThan(300);
  expect(refused).toBeLessThan(1500);
});

/** How many bytes a changed patch gives, and what it is refused with; anything but a refusal is thrown. */
async function trial(patch: Uint8Array): Promise<{ received: number; error: unknown }> {
  let received = 0;
  try {
    for await (const piece of applyPatch(piecesOf(patch), [oldTarAccess(old)], { size: target.length })) {
      received += piece.length;
    }
  } catch (error) {
    if (!(error instanceof PaletteEdgeError) || !error.code.startsWith('PATCH_')) throw error;
    return { received, error };
  }
  return { received, error: undefined };
}

test('the patch is closed when the old tar cannot be read', async () => {
  let closed = false;
  const patch = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield* piecesOf(patchOf([old], target).bytes);
    } finally {
      closed = true;
    }
  };
  const failing = { size: old.length, read: () => Promise.reject(new Error('cannot be read')) };
  await expect(joined(applyPatch(patch(), [failing], { size: target.length }))).rejects.toThrow(
    'cannot be read',
  );
  expect(closed).toBe(true);
  const short = { size: old.length, read: () => Promise.resolve(new Uint8Array(3)) };
  const error = await rejection(joined(applyPatch(patch(), [short], { size: target.length })));
  expect(error.message).toContain('an old tar gives 3 bytes');
});

test('old content beyond 4 GiB is found and copied', async () => {
  const content = noise(seededRandom(6), 40_000);
  const [size, position] = [6_000_000_000, 5_555_555_555];
  const path = join(await temporaryFolder(), 'sparse.tar');
  await writeFile(path, '');
  await truncate(path, size);
  const file = await open(path, 'r+');
  onTestFinished(() => file.close());
  await file.write(content, 0, content.length, position);

  const anchors = createAnchorTable(size);
  anchors.enter(content, position);
  const cells = [...anchors.vote(content).keys()];
  expect(cells).toContain(Math.floor(position / anchors.cellSize));

  const reference = createReference({
    size,
    ends: [size],
    read: (start, into) => into.set(content.subarray(start - position, start - position + into.length)),
  });
  reference.load([{ start: position, end: position + content.length }]);
  const section = createSectionWriter(reference).write(content, [
    { target: 0, reference: 0, length: content.length },
  ]);
  const patch = createByteList();
  patch.putAll(patchMagic);
  for (const number of [1, 1, size]) patch.putNumber(number);
  patch.putAll(section);
  patch.putNumber(0);
  const sparse = {
    size,
    read: async (start: number, length: number) =>
      (await file.read(Buffer.alloc(length), 0, length, start)).buffer,
  };
  const made = await joined(applyPatch(piecesOf(patch.take()), [sparse], { size: content.length }));
  expect(made).toEqual(content);
  expect(section.length).toBeLessThan(20);
});
