import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { expect, onTestFinished, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { BlobStore } from '../../src/store/blob-store.ts';
import { pruneStore } from '../../src/store/prune-store.ts';
import { seededRandom } from '../soak/seeded-random.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { PruningEvent, PruningJob } from './pruning-process.ts';

const script = fileURLToPath(new URL('pruning-process.ts', import.meta.url));

test('builds and prunes at once, killed at random: no build loses what it found, no name stands for other bytes', async () => {
  const random = seededRandom(20_261_126);
  const folder = join(await temporaryFolder(), 'store');
  await BlobStore.open(folder);
  const events: PruningEvent[] = [];
  // Two of each at any time; each is killed after some rounds, in the middle of the next.
  const live = async (role: PruningJob['role'], lives: number): Promise<void> => {
    for (let life = 0; life < lives; life += 1) {
      const rounds = random.integer(2, role === 'build' ? 12 : 40);
      const job: PruningJob = { folder, role, seed: random.integer(0, 1_000_000), blobs: 40 };
      const child = spawn(process.execPath, [script, JSON.stringify(job)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      onTestFinished(() => void child.kill('SIGKILL'));
      const ended = once(child, 'close');
      let told = 0;
      for await (const line of createInterface({ input: child.stdout })) {
        const event: PruningEvent = JSON.parse(line);
        events.push(event);
        told += 1;
        if (told === rounds) child.kill('SIGKILL');
      }
      await ended;
      expect(child.signalCode).toBe('SIGKILL');
    }
  };
  await Promise.all([live('build', 4), live('build', 4), live('prune', 4), live('prune', 4)]);
  expect(events.flatMap(({ failures }) => failures)).toEqual([]);
  const sum = (count: (event: PruningEvent) => number): number =>
    events.reduce((total, event) => total + count(event), 0);
  expect(sum(({ found }) => found)).toBeGreaterThan(0);
  expect(sum(({ pulled }) => pulled)).toBeGreaterThan(0);
  expect(sum(({ removed }) => removed)).toBeGreaterThan(0);
  // Whatever the dead have left is no longer in the way.
  const request = { maximumBytes: 0, isDryRun: false };
  for (const name of await readdir(join(folder, 'blobs/sha256'))) {
    expect(digestOf(await readFile(join(folder, 'blobs/sha256', name)))).toBe(`sha256:${name}`);
  }
  const { needed } = await pruneStore(folder, request, new AbortController().signal);
  expect(needed).toEqual([]);
  await BlobStore.open(folder);
  expect(await readdir(join(folder, 'blobs/sha256'))).toEqual([]);
  expect(await readdir(join(folder, 'ingest'))).toEqual([]);
  // Nothing tells whose a lease is that was made, and not yet written: it goes after a day.
  const leases = await readdir(join(folder, 'leases'));
  const sizes = await Promise.all(
    leases.map(async (name) => (await stat(join(folder, 'leases', name))).size),
  );
  expect(sizes.filter((size) => size > 0)).toEqual([]);
});
