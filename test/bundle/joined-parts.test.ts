import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { JoinedParts } from '../../src/bundle/joined-parts.ts';
import { diskFolder } from '../../src/io/folder-access.ts';
import { rejection } from '../support/rejection.ts';
import { noise } from '../support/sample-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function joined(sizes: readonly number[]) {
  const folder = await temporaryFolder();
  const contents = sizes.map((size, index) => noise(size, index + 1));
  for (const [index, content] of contents.entries()) await writeFile(join(folder, `p${index}`), content);
  const parts = sizes.map((size, index) => ({ name: `p${index}`, size }));
  return { folder, all: Buffer.concat(contents), access: new JoinedParts(diskFolder(folder), parts) };
}

test('any range is what the parts one behind the other have there, read side by side too', async () => {
  const sizes = [10, 1, 0, 500, 3, 3, 3, 3, 3, 3, 700];
  const { all, access } = await joined(sizes);
  expect(access.size).toBe(all.length);
  const range = fc.tuple(fc.nat({ max: all.length }), fc.nat({ max: all.length }));
  await fc.assert(
    fc.asyncProperty(fc.array(range, { maxLength: 30 }), async (ranges) => {
      const reads = ranges.map(async ([a, b]) => {
        const [start, end] = [Math.min(a, b), Math.max(a, b)];
        expect(all.subarray(start, end).equals(await access.read(start, end - start))).toBe(true);
      });
      await Promise.all(reads);
    }),
    { numRuns: 50 },
  );
  await access.close();
});

test('the parts that hold some bytes are named', async () => {
  const { access } = await joined([10, 10, 10]);
  expect(access.where(0, 10)).toBe('p0');
  expect(access.where(10, 1)).toBe('p1');
  expect(access.where(9, 12)).toBe('p0, p1, p2');
});

test('a read outside is a mistake of who asks', async () => {
  const { access } = await joined([10, 10]);
  await expect(access.read(15, 6)).rejects.toThrow(RangeError);
  await expect(access.read(-1, 2)).rejects.toThrow(RangeError);
});

test('a part that changed its length or went away is named, and read again once it is back', async () => {
  const { access, folder, all } = await joined([10, 10]);
  await writeFile(join(folder, 'p1'), 'shorter');
  const changed = await rejection(access.read(5, 10));
  expect(changed).toMatchObject({ code: 'PARTS_INCOMPLETE', kind: 'content' });
  expect(changed.message).toContain(`${join(folder, 'p1')} has changed: it has 7 bytes, expected 10`);
  await rm(join(folder, 'p1'));
  const gone = await rejection(access.read(10, 1));
  expect(gone.message).toBe(`reading the part ${join(folder, 'p1')} failed: no such file or folder`);
  await writeFile(join(folder, 'p1'), all.subarray(10));
  expect(Buffer.from(await access.read(0, 20)).equals(all)).toBe(true);
  await access.close();
});

test('who watches gets what was read before whoever asked for it', async () => {
  const { access, all } = await joined([10, 10]);
  const taken: string[] = [];
  access.watch(async (position, bytes) => {
    await Promise.resolve();
    taken.push(`${position} ${Buffer.from(bytes).equals(all.subarray(position, position + bytes.length))}`);
  });
  await access.read(5, 10);
  await access.read(0, 3);
  expect(taken).toEqual(['5 true', '0 true']);
  await access.close();
});
