import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';

import { hashHere, HashThread } from '../../src/io/hash-thread.ts';
import type { Hasher } from '../../src/io/hash-thread.ts';
import { nodeBinary, nodeMajors } from '../support/node-versions.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const emptyDigest = sha256(Buffer.alloc(0));

describe.each([
  ['a thread', runningThread],
  ['the thread that asks', () => hashHere],
])('in %s', (_, makeHasher) => {
  test('streams that take turns get the digests that node:crypto gives, whatever the pieces and the memory', async () => {
    const hasher = makeHasher();
    const update = fc.record({
      stream: fc.nat({ max: 4 }),
      bytes: fc.uint8Array({ maxLength: 3000 }),
      isShared: fc.boolean(),
      isWaitedFor: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(update, { maxLength: 20 }), async (updates) => {
        const hashes = Array.from({ length: 5 }, () => hasher.begin());
        const underWay: Promise<void>[] = [];
        for (const { stream, bytes, isShared, isWaitedFor } of updates) {
          const taken = hashes[stream]?.update(isShared ? shared(bytes) : bytes) ?? Promise.resolve();
          underWay.push(taken);
          if (isWaitedFor) await taken;
        }
        const digests = await Promise.all(hashes.map(async (hash) => await hash.digest()));
        const contents = hashes.map((_unused, index) => updates.filter(({ stream }) => stream === index));
        expect(digests).toEqual(
          contents.map((parts) => sha256(Buffer.concat(parts.map(({ bytes }) => bytes)))),
        );
        await Promise.all(underWay);
      }),
      { numRuns: 50 },
    );
  });

  test('updates that are not waited for are taken in their order', async () => {
    const pieces = Array.from({ length: 50 }, (_unused, index) => Buffer.from(`piece ${index}`));
    const hash = makeHasher().begin();
    const updates = pieces.map(async (piece) => await hash.update(piece));
    expect(await hash.digest()).toBe(sha256(Buffer.concat(pieces)));
    await Promise.all(updates);
  });

  test('bytes that are written are in the file where they belong, and hashed', async () => {
    const path = join(await temporaryFolder(), 'file');
    await using file = await open(path, 'w+');
    const bytes = randomBytes(700_001);
    const hash = makeHasher().begin();
    await hash.update(bytes.subarray(0, 5));
    await hash.updateAndWrite(shared(bytes.subarray(5, 400_000)), { file, position: 5 });
    await hash.updateAndWrite(bytes.subarray(400_000), { file, position: 400_000 });
    expect(await hash.digest()).toBe(sha256(bytes));
    expect((await readFile(path)).subarray(5).equals(bytes.subarray(5))).toBe(true);
  });

  test('what cannot be written is told with the code of the system', async () => {
    const path = join(await temporaryFolder(), 'file');
    await writeFile(path, '');
    await using file = await open(path, 'r');
    const writing = makeHasher().begin().updateAndWrite(Buffer.from('x'), { file, position: 0 });
    await expect(writing).rejects.toMatchObject({ code: 'EBADF' });
  });

  test('nothing has a digest too', async () => {
    expect(await makeHasher().begin().digest()).toBe(emptyDigest);
  });
});

test('once an update has settled, its memory may be used again', async () => {
  const hash = runningThread().begin();
  const expected = createHash('sha256');
  const memory = shared(new Uint8Array(1024 * 1024));
  for (let round = 0; round < 20; round += 1) {
    memory.fill(round);
    expected.update(memory);
    await hash.update(memory);
  }
  expect(await hash.digest()).toBe(expected.digest('hex'));
});

test('disposing fails what is under way, and what is asked afterwards', async () => {
  const thread = new HashThread();
  const hash = thread.begin();
  const underWay = [hash.update(shared(new Uint8Array(1024 * 1024))), hash.digest()];
  const outcomes = Promise.allSettled(underWay);
  await thread[Symbol.asyncDispose]();
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(hash.update(Buffer.from('x'))).rejects.toThrow('has ended');
  await expect(thread.begin().digest()).rejects.toThrow('has ended');
});

test('one that was disposed before it was used starts no thread', async () => {
  const thread = new HashThread();
  await thread[Symbol.asyncDispose]();
  await expect(thread.begin().digest()).rejects.toThrow('has ended');
});

test('a thread that dies fails everything, now and later, instead of leaving it waiting', async () => {
  const thread = runningThread();
  const other = thread.begin();
  await other.update(Buffer.from('x'));
  const noBytes: Uint8Array = JSON.parse('5');
  const asked = [thread.begin().update(noBytes), other.update(Buffer.from('y')), other.digest()];
  const outcomes = await Promise.allSettled(asked);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  await expect(thread.begin().digest()).rejects.toThrow(/"data" argument/);
});

test('what cannot be sent fails alone, and nobody gets the answer of another', async () => {
  const thread = runningThread();
  const hash = thread.begin();
  const detached = new Uint8Array(8);
  detached.buffer.transfer();
  await expect(hash.update(detached)).rejects.toThrow(/detached/);
  await hash.update(Buffer.from('x'));
  expect(await hash.digest()).toBe(sha256(Buffer.from('x')));
});

test.each(nodeMajors)(
  'on Node %i a process ends once the thread is disposed, and not before',
  async (major) => {
    const script = fileURLToPath(new URL('hashing-process.ts', import.meta.url));
    // Without an end it would be killed, and fail.
    const { stdout } = await promisify(execFile)(nodeBinary(major), [script], { timeout: 30_000 });
    expect(stdout).toBe(`${emptyDigest}\n`);
  },
);

function runningThread(): Hasher {
  const thread = new HashThread();
  onTestFinished(async () => await thread[Symbol.asyncDispose]());
  return thread;
}

function shared(bytes: Uint8Array): Uint8Array {
  const memory = new Uint8Array(new SharedArrayBuffer(bytes.length));
  memory.set(bytes);
  return memory;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
