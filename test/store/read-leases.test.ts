import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { digestHex, digestOf } from '../../src/oci/digest.ts';
import { BlobStore } from '../../src/store/blob-store.ts';
import { ownIdentity } from '../../src/store/process-identity.ts';
import { isLive, readLeases, removeDeadLeases } from '../../src/store/read-leases.ts';
import { leaseId, leasePath, newLeasePath } from '../../src/store/store-layout.ts';
import { StoreLease } from '../../src/store/store-lease.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const one = digestOf('one');
const two = digestOf('two');
const minute = 60_000;

test('the leases of living processes are read', async () => {
  const { folder } = await emptyStore();
  await using first = new StoreLease(folder);
  await using second = new StoreLease(folder);
  await first.hold(one);
  await second.hold(two);
  const leases = await readLeases(folder, Date.now());
  expect(new Map(leases.map(({ path, digests }) => [path, digests]))).toEqual(
    new Map([
      [leasePath(folder, first.id ?? ''), new Set([one])],
      [leasePath(folder, second.id ?? ''), new Set([two])],
    ]),
  );
});

test('of one lease is told whether its process lives', async () => {
  const { folder, lease } = await emptyStore();
  const own = await ownIdentity();
  expect(await isLive(folder, leaseId(await lease(own, one, 1000 * minute)))).toBe(true);
  expect(await isLive(folder, leaseId(await lease({ ...own, started: '1' }, one)))).toBe(false);
  expect(await isLive(folder, '0123456789ab')).toBe(false);
});

test('a process of this machine is dead when it does not run, however young its heartbeat', async () => {
  const { folder, lease, names } = await emptyStore();
  const own = await ownIdentity();
  await lease({ ...own, started: '1' }, one);
  const living = await lease(own, two, 1000 * minute);
  expect(await readLeases(folder, Date.now())).toEqual([{ path: living, digests: new Set([two]) }]);
  await removeDeadLeases(folder);
  expect(await names()).toEqual([living]);
});

test('one of another machine is dead after ten minutes of silence by the clock of the disk; it is removed after a day', async () => {
  const { folder, lease, names } = await emptyStore();
  const own = await ownIdentity();
  const foreign = { ...own, boot: 'another' };
  const silent = await lease(foreign, one, 11 * minute);
  const quiet = await lease(foreign, two, 9 * minute);
  const unknown = await lease(undefined, two, 9 * minute);
  await lease(foreign, two, 25 * 60 * minute);
  const read = async (now: number) => (await readLeases(folder, now)).map(({ path }) => path).toSorted();
  expect(await read(Date.now())).toEqual([quiet, unknown].toSorted());
  expect(await read(Date.now() + 2 * minute)).toEqual([]);
  await removeDeadLeases(folder);
  expect(await names()).toEqual([silent, quiet, unknown].toSorted());
});

test('what was not written to its end is not relied on yet', async () => {
  const { folder } = await emptyStore();
  const head = JSON.stringify({ version: 1, process: await ownIdentity() });
  await writeFile(newLeasePath(folder), '');
  await writeFile(newLeasePath(folder), head.slice(0, 20));
  await writeFile(newLeasePath(folder), head);
  // A write that failed, and the next one.
  const path = newLeasePath(folder);
  await writeFile(path, `${head}\n${digestHex(one).slice(0, 30)}\n\n${digestHex(two)}\nno digest\n`);
  const leases = await readLeases(folder, Date.now());
  expect(leases).toHaveLength(4);
  expect(leases.filter(({ digests }) => digests.size > 0)).toEqual([{ path, digests: new Set([two]) }]);
});

test.each([
  ['another version', '{"version":2}\nwhat it needs\n'],
  ['no JSON', 'lease\n'],
])('a lease of %s that may be alive is an error: nobody knows what it needs', async (_, text) => {
  const { folder } = await emptyStore();
  const path = newLeasePath(folder);
  await writeFile(path, text);
  expect(await rejection(readLeases(folder, Date.now()))).toMatchObject({
    code: 'STORE_LEASE_INVALID',
    kind: 'content',
    message: `reading the lease ${path} failed: its first line is none of this version`,
  });
  expect(await readLeases(folder, Date.now() + 11 * minute)).toEqual([]);
});

test('a store without leases has none, and files of other names are none', async () => {
  const folder = join(await temporaryFolder(), 'store');
  await BlobStore.open(folder);
  expect(await readLeases(folder, Date.now())).toEqual([]);
  await mkdir(join(folder, 'leases'));
  await writeFile(join(folder, 'leases', 'notes.txt'), 'x');
  expect(await readLeases(folder, Date.now())).toEqual([]);
});

async function emptyStore() {
  const folder = join(await temporaryFolder(), 'store');
  await BlobStore.open(folder);
  const first = new StoreLease(folder);
  await first.hold(one);
  await first[Symbol.asyncDispose]();
  return {
    folder,
    lease: async (process: unknown, digest: typeof one, ageMs = 0) => {
      const path = newLeasePath(folder);
      await writeFile(path, `${JSON.stringify({ version: 1, process })}\n${digestHex(digest)}\n`);
      const time = new Date(Date.now() - ageMs);
      await utimes(path, time, time);
      return path;
    },
    names: async () =>
      (await readdir(join(folder, 'leases'))).map((name) => join(folder, 'leases', name)).toSorted(),
  };
}
