import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';

import { PartOutput } from '../../src/bundle/part-output.ts';
import { hashHere, HashThread } from '../../src/io/hash-thread.ts';
import { noise } from '../support/sample-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Makes files that are called 0, 1, … */
async function filesIn(folder: string, refused = Infinity) {
  const handles: FileHandle[] = [];
  const createFile = async (): Promise<FileHandle> => {
    if (handles.length >= refused) throw new Error('no more files');
    const handle = await open(join(folder, String(handles.length)), 'w');
    handles.push(handle);
    return handle;
  };
  return await Promise.resolve({ handles, createFile });
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

test.each([
  ['here', () => hashHere],
  [
    'in a thread',
    () => {
      const thread = new HashThread();
      onTestFinished(async () => await thread[Symbol.asyncDispose]());
      return thread;
    },
  ],
])(
  'whatever the pieces and the size of parts, every byte is where it belongs, hashed %s',
  async (_, make) => {
    const hasher = make();
    const folder = await temporaryFolder();
    const pieces = fc.array(fc.nat({ max: 2000 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(pieces, fc.integer({ min: 100, max: 3000 }), async (sizes, partSize) => {
        const { handles, createFile } = await filesIn(folder);
        await using output = new PartOutput({ partSize, hasher, createFile });
        const whole = hasher.begin();
        const contents = sizes.map((size, index) => noise(size, index + 1));
        // Not waited for, as a bundle is written.
        await Promise.all(contents.map(async (content) => await output.append(content, whole)));
        const parts = await output.finish();
        const all = Buffer.concat(contents);
        expect(await whole.digest()).toBe(sha256(all));
        expect(parts.length).toBe(Math.ceil(all.length / partSize));
        for (const [index, part] of parts.entries()) {
          const expected = all.subarray(index * partSize, (index + 1) * partSize);
          expect(part).toEqual({ size: expected.length, sha256: sha256(expected) });
          expect(expected.equals(await readFile(join(folder, String(index))))).toBe(true);
        }
        expect(handles.every(({ fd }) => fd === -1)).toBe(true);
      }),
      { numRuns: 40 },
    );
  },
);

test('a file that cannot be made fails what needs it and all that follows, and disposing closes the others', async () => {
  const { handles, createFile } = await filesIn(await temporaryFolder(), 2);
  const whole = hashHere.begin();
  {
    await using output = new PartOutput({ partSize: 100, hasher: hashHere, createFile });
    const appended = [50, 100, 100, 10].map(async (size) => await output.append(Buffer.alloc(size), whole));
    const outcomes = await Promise.allSettled(appended);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
    await expect(output.finish()).rejects.toThrow('no more files');
  }
  expect(handles.map(({ fd }) => fd)).toEqual([-1, -1]);
});

test('a file that cannot be written to is told', async () => {
  const folder = await temporaryFolder();
  await open(join(folder, 'file'), 'w').then(async (file) => await file.close());
  await using output = new PartOutput({
    partSize: 100,
    hasher: hashHere,
    createFile: async () => await open(join(folder, 'file'), 'r'),
  });
  await expect(output.append(Buffer.alloc(10), hashHere.begin())).rejects.toMatchObject({ code: 'EBADF' });
});

test('more parts than there may be are refused', async () => {
  const { handles, createFile } = await filesIn(await temporaryFolder());
  const whole = hashHere.begin();
  await using output = new PartOutput({ partSize: 10, most: 3, hasher: hashHere, createFile });
  await output.append(Buffer.alloc(30), whole);
  await expect(output.append(Buffer.alloc(1), whole)).rejects.toMatchObject({
    code: 'TOO_MANY_PARTS',
    message: 'parts of 10 bytes would be more than 10000',
  });
  expect(handles.length).toBe(3);
});
