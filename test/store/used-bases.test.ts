import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { digestHex, digestOf } from '../../src/oci/digest.ts';
import { BlobStore } from '../../src/store/blob-store.ts';
import { pruneStore } from '../../src/store/prune-store.ts';
import type { PruneRequest } from '../../src/store/prune-store.ts';
import { listBases, noteBase, withBaseUses } from '../../src/store/used-bases.ts';
import type { NotedBase } from '../../src/store/used-bases.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const hour = 60 * 60 * 1000;
const { signal } = new AbortController();

function base(name: string, ...blobs: readonly string[]): NotedBase {
  const inventory = digestOf(name);
  return { name, id: digestHex(inventory).slice(0, 8), inventory, digests: new Set(blobs.map(digestOf)) };
}

/** A store with blobs that are their own names, each last used so many hours ago. */
async function storeOf(blobs: Readonly<Record<string, number>>) {
  const folder = join(await temporaryFolder(), 'store');
  await BlobStore.open(folder);
  const age = async (path: string, hours: number): Promise<void> => {
    const time = new Date(Date.now() - hours * hour);
    await utimes(path, time, time);
  };
  for (const [text, hours] of Object.entries(blobs)) {
    const path = join(folder, 'blobs/sha256', digestHex(digestOf(text)));
    await writeFile(path, text);
    await age(path, hours);
  }
  return {
    folder,
    note: async (noted: NotedBase, hours: number) => {
      await noteBase(folder, noted);
      await age(join(folder, 'bases', `${digestHex(noted.inventory)}.base`), hours);
    },
    prune: async (request: Partial<PruneRequest>) => {
      const { forgotten } = await pruneStore(folder, { isDryRun: false, ...request }, signal);
      const left = new Set(await readdir(join(folder, 'blobs/sha256')));
      return {
        forgotten: forgotten.map(({ name }) => name).toSorted(),
        left: Object.keys(blobs).filter((text) => left.has(digestHex(digestOf(text)))),
      };
    },
    names: async () => (await listBases(folder)).map(({ name }) => name),
  };
}

test('a base that was used is a use of its blobs, by age and by size', async () => {
  const blobs = { free: 50, shared: 50, old: 50, young: 5 };
  const { note, prune, names } = await storeOf(blobs);
  await note(base('recent', 'shared', 'not here'), 10);
  await note(base('earlier', 'shared', 'old'), 30);
  expect(await names()).toEqual(['recent', 'earlier']);
  // "free" is the least recently used; then what only "earlier" has.
  expect(await prune({ maximumBytes: 14 })).toEqual({ forgotten: [], left: ['shared', 'old', 'young'] });
  expect(await prune({ olderThanMs: 20 * hour })).toEqual({
    forgotten: ['earlier'],
    left: ['shared', 'young'],
  });
  expect(await names()).toEqual(['recent']);
  expect(await prune({ olderThanMs: 9 * hour })).toEqual({ forgotten: ['recent'], left: ['young'] });
});

test('a base protects no longer than blobs protect themselves: of which nothing is left, it is forgotten', async () => {
  const { note, prune, names } = await storeOf({ one: 3, two: 2 });
  await note(base('first', 'one'), 3);
  expect(await prune({ maximumBytes: 3, isDryRun: true })).toEqual({
    forgotten: ['first'],
    left: ['one', 'two'],
  });
  expect(await names()).toEqual(['first']);
  expect(await prune({ maximumBytes: 3 })).toEqual({ forgotten: ['first'], left: ['two'] });
  expect(await names()).toEqual([]);
});

test('what is named to be kept stays, whatever the limits', async () => {
  const { prune } = await storeOf({ kept: 50, other: 1 });
  const kept = new Set([digestOf('kept'), digestOf('not here')]);
  expect(await prune({ maximumBytes: 0, olderThanMs: 0, kept })).toMatchObject({ left: ['kept'] });
});

test('noting it again is another use; a partial blob counts as used, too', async () => {
  const { folder, note } = await storeOf({});
  const noted = base('first', 'one');
  await note(noted, 50);
  await noteBase(folder, noted);
  const found = (await listBases(folder)).at(0);
  expect(found).toMatchObject(noted);
  expect(Date.now() - (found?.used ?? 0)).toBeLessThan(hour);
  const entry = { digest: digestOf('one'), path: '', size: 1, used: 7 };
  const bases = [
    { digests: noted.digests, used: 9 },
    { digests: noted.digests, used: 8 },
  ];
  expect(withBaseUses([{ ...entry, kind: 'partial' }], bases)).toEqual([
    { ...entry, kind: 'partial', used: 9 },
  ]);
});

test('what cannot be understood is passed over, and stays', async () => {
  const { folder, note, prune, names } = await storeOf({ one: 50 });
  await note(base('good', 'one'), 1);
  const path = (name: string) => join(folder, 'bases', name);
  const hex = (text: string) => digestHex(digestOf(text));
  await writeFile(path(`${hex('later')}.base`), `{"version":2,"name":"later","id":"1"}\n${hex('one')}\n`);
  await writeFile(path(`${hex('none')}.base`), 'no JSON');
  await writeFile(path(`${hex('list')}.base`), '[]');
  await writeFile(path('notes.txt'), '{"version":1,"name":"notes","id":"1"}');
  await mkdir(path(`${hex('folder')}.base`));
  expect(await names()).toEqual(['good']);
  expect(await prune({ olderThanMs: 0 })).toMatchObject({ forgotten: ['good'] });
  expect(await readdir(join(folder, 'bases'))).toHaveLength(5);
});
