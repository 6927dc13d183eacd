import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';

import { JoinedParts } from '../../src/bundle/joined-parts.ts';
import { PartHashes } from '../../src/bundle/part-hashes.ts';
import { hashHere } from '../../src/io/hash-thread.ts';
import { diskFolder } from '../../src/io/folder-access.ts';
import { noise } from '../support/sample-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const sizes = [1000, 1, 2500, 700];
const signal = new AbortController().signal;

async function joined() {
  const folder = await temporaryFolder();
  const contents = sizes.map((size, index) => noise(size, index + 1));
  for (const [index, content] of contents.entries()) await writeFile(join(folder, `p${index}`), content);
  const parts = sizes.map((size, index) => ({ name: `p${index}`, size }));
  const all = Buffer.concat(contents);
  const expected = { parts: contents.map(sha256), whole: sha256(all) };
  const access = new JoinedParts(diskFolder(folder), parts);
  onTestFinished(async () => await access.close());
  return { all, parts, expected, access };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

test('what nobody read is read in the end', async () => {
  const { access, parts, expected } = await joined();
  expect(await new PartHashes(parts, hashHere).finish(access, signal)).toEqual(expected);
});

test('the order of reads, gaps, and reads of what was read make no difference', async () => {
  const { access, parts, expected, all } = await joined();
  const pieceSize = 100;
  const count = Math.ceil(all.length / pieceSize);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: count - 1 }), { maxLength: 80 }), async (order) => {
      const hashes = new PartHashes(parts, hashHere);
      const taken = order.map(async (index) => {
        const start = index * pieceSize;
        await hashes.take(start, all.subarray(start, start + pieceSize));
      });
      await Promise.all(taken);
      expect(await hashes.finish(access, signal)).toEqual(expected);
    }),
    { numRuns: 100 },
  );
});

test('what was taken is not looked at any more: its memory may be given back, also before its turn', async () => {
  const { access, parts, expected, all } = await joined();
  const hashes = new PartHashes(parts, hashHere);
  const pieces = [3, 1, 2, 0].map((index) => index * 1000);
  const taken = pieces.map(async (start) => {
    const bytes = Uint8Array.from(all.subarray(start, start + 1000));
    await hashes.take(start, bytes);
    bytes.buffer.transfer(0);
  });
  await Promise.all(taken);
  expect(await hashes.finish(access, signal)).toEqual(expected);
});

test('what was read from the beginning, some reads before their turn, is not read again', async () => {
  const { access, parts, expected, all } = await joined();
  const hashes = new PartHashes(parts, hashHere);
  const reads: number[] = [];
  const watched = {
    size: access.size,
    watch: () => undefined,
    read: async (position: number, length: number) => {
      reads.push(position);
      return await access.read(position, length);
    },
  };
  for (const group of [
    [0, 1],
    [3, 2],
    [6, 5, 4],
  ]) {
    await Promise.all(
      group.map(
        async (index) => await hashes.take(index * 500, all.subarray(index * 500, index * 500 + 500)),
      ),
    );
  }
  expect(await hashes.finish(watched, signal)).toEqual(expected);
  expect(reads).toEqual([3500]);
});

test('an interruption ends it', async () => {
  const { access, parts } = await joined();
  const hashes = new PartHashes(parts, hashHere);
  await expect(hashes.finish(access, AbortSignal.abort(new Error('Ctrl-C')))).rejects.toThrow('Ctrl-C');
});
