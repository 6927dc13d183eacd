import { chmod, mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { digestHex, digestOf } from '../../src/oci/digest.ts';
import { onePiece } from '../../src/oci/one-piece.ts';
import { BlobStore } from '../../src/store/blob-store.ts';
import { leftPath, newPartialPath } from '../../src/store/partial-blobs.ts';
import { pruneStore } from '../../src/store/prune-store.ts';
import type { PruneRequest } from '../../src/store/prune-store.ts';
import { setAside } from '../../src/store/pruned-blobs.ts';
import { newLeasePath } from '../../src/store/store-layout.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { allBytes, identityOf } from './seeded-blob.ts';

const hour = 60 * 60 * 1000;

describe('what goes', () => {
  test('the least recently used, until it is little enough', async () => {
    const { blob, prune, names } = await agedStore();
    await blob('first', 30);
    await blob('second', 20);
    await blob('third', 10);
    expect(await prune({ maximumBytes: 10 })).toEqual({
      removed: ['first', 'second'],
      needed: [],
      kept: ['third'],
    });
    expect(await names()).toEqual(['third']);
  });

  test('what was not used for so long; a use counts, and lasts', async () => {
    const { folder, blob, prune, names } = await agedStore();
    const read = await blob('read', 30);
    const ingested = await blob('ingested', 30);
    const seen = await blob('seen', 30);
    await blob('young', 2);
    {
      await using store = await BlobStore.open(folder);
      await allBytes(await store.open(read));
      await store.ingest(ingested, onePiece(Buffer.from('not read')));
      // To look whether it is there is no use.
      expect(await store.sizeOf(seen.digest)).toBe(4);
    }
    expect(await prune({ olderThanMs: 20 * hour })).toMatchObject({ removed: ['seen'] });
    expect(await names()).toEqual(['ingested', 'read', 'young']);
  });

  test('partial blobs as blobs, by when they were written', async () => {
    const { folder, prune, partial } = await agedStore();
    await partial('young', 1);
    const old = await partial('old', 30);
    const left = leftPath(await partial('left', 30));
    expect(await prune({ olderThanMs: 20 * hour })).toEqual({
      removed: ['left', 'old'],
      needed: [],
      kept: ['young'],
    });
    for (const path of [old, left]) await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await readdir(join(folder, 'ingest'))).toHaveLength(1);
  });

  test('nothing in a dry run, which makes nothing either', async () => {
    const { folder, blob, prune, names } = await agedStore();
    await blob('first', 30);
    await blob('second', 20);
    const before = await readdir(folder);
    const report = await prune({ maximumBytes: 6, isDryRun: true });
    expect(report).toEqual({ removed: ['first'], needed: [], kept: ['second'] });
    expect(await names()).toEqual(['first', 'second']);
    expect(await readdir(folder)).toEqual(before);
  });

  test('more than a batch', async () => {
    const { blob, prune, names } = await agedStore();
    for (let age = 0; age < 230; age += 1) await blob(String(age), age + 1);
    expect((await prune({ olderThanMs: 10.5 * hour })).removed).toHaveLength(220);
    expect(await names()).toHaveLength(10);
  });
});

describe('what stays', () => {
  test('what a running build has asked for, until it lets go of it', async () => {
    const { folder, blob, prune } = await agedStore();
    const asked = await blob('asked', 30);
    await blob('other', 20);
    const partial = newPartialPath(folder, digestOf('pulled'));
    {
      await using store = await BlobStore.open(folder);
      await store.sizeOf(asked.digest);
      await store.sizeOf(digestOf('pulled'));
      await writeFile(partial, 'pul');
      expect(await prune({ maximumBytes: 0 })).toEqual({
        removed: ['other'],
        needed: ['asked', 'pulled'],
        kept: [],
      });
      expect((await allBytes(await store.open(asked))).toString()).toBe('asked');
    }
    expect(await prune({ maximumBytes: 0 })).toEqual({ removed: ['asked', 'pulled'], needed: [], kept: [] });
  });

  test('what tags of other tools need, at any depth', async () => {
    const { folder, blob, prune } = await agedStore();
    const layer = await blob('layer', 50);
    const config = await blob('config', 50);
    const manifest = await blob(
      JSON.stringify({ config, layers: [layer, { digest: 'sha512:no' }] }),
      50,
      'manifest',
    );
    const loop = { digest: digestOf('not here'), size: 1 };
    const index = await blob(JSON.stringify({ manifests: [manifest, loop] }), 50, 'index');
    await blob('free', 50);
    await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [index] }));
    expect(await prune({ maximumBytes: 0 })).toEqual({
      removed: ['free'],
      needed: ['config', 'index', 'layer', 'manifest'],
      kept: [],
    });
  });

  test('everything, when nobody can tell what a running process needs, or what is tagged', async () => {
    const { folder, blob, prune, names } = await agedStore();
    await blob('one', 30);
    await mkdir(join(folder, 'leases'));
    const lease = newLeasePath(folder);
    await writeFile(lease, '{"version":2}\n');
    expect(await rejection(prune({ maximumBytes: 0 }))).toMatchObject({ code: 'STORE_LEASE_INVALID' });
    await writeFile(lease, '');
    await writeFile(join(folder, 'index.json'), '{');
    expect(await rejection(prune({ maximumBytes: 0 }))).toMatchObject({
      code: 'STORE_TAGS_INVALID',
      message: `reading the tags in ${folder}/index.json failed: it is missing, too large or no JSON`,
    });
    expect(await names()).toEqual(['one']);
  });

  test('what is no blob', async () => {
    const { folder, prune } = await agedStore();
    const path = join(folder, 'blobs/sha256/notes.txt');
    await writeFile(path, 'x');
    await utimes(path, 0, 0);
    await mkdir(join(folder, 'blobs/sha256', digestHex(digestOf('folder'))));
    expect(await prune({ maximumBytes: 0 })).toEqual({ removed: [], needed: [], kept: [] });
    expect(await readFile(path, 'utf8')).toBe('x');
  });
});

describe('a prune that was killed in the middle', () => {
  test('leaves blobs that are moved back: when they are read, ingested, and with the next prune', async () => {
    const { folder, blob, prune, names } = await agedStore();
    const read = await blob('read', 30);
    const ingested = await blob('ingested', 30);
    await blob('kept', 1);
    for (const name of ['read', 'ingested', 'kept']) await setAside(folder, digestOf(name));
    expect(await names()).toEqual([]);
    const store = await BlobStore.open(folder);
    expect((await allBytes(await store.open(read))).toString()).toBe('read');
    const report = await store.ingestFrom(ingested, async () => {
      await Promise.resolve();
      throw new Error('pulled though it is there');
    });
    expect(report).toEqual({ received: 0, resumed: 0, reused: true });
    await store[Symbol.asyncDispose]();
    expect(await names()).toEqual(['ingested', 'read']);
    expect(await prune({ olderThanMs: 2 * hour })).toMatchObject({ kept: ['ingested', 'kept', 'read'] });
    expect(await names()).toEqual(['ingested', 'kept', 'read']);
    expect(await readdir(join(folder, 'ingest'))).toEqual([]);
  });

  test('one that is read while it is moved is found once more', async () => {
    const { folder, blob } = await agedStore();
    const one = await blob('one', 30);
    const store = await BlobStore.open(folder);
    const content = await store.open(one);
    await setAside(folder, one.digest);
    expect((await allBytes(content)).toString()).toBe('one');
  });
});

test('a store that is none, or not there, is refused, and nothing is made', async () => {
  const folder = await temporaryFolder();
  const request = { maximumBytes: 0, isDryRun: false };
  const { signal } = new AbortController();
  expect(await rejection(pruneStore(join(folder, 'none'), request, signal))).toMatchObject({
    code: 'STORE_NOT_FOUND',
    kind: 'notFound',
  });
  await mkdir(join(folder, 'blobs/sha256'), { recursive: true });
  await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  expect(await rejection(pruneStore(folder, request, signal))).toMatchObject({
    code: 'NOT_A_STORE',
    kind: 'usage',
  });
  expect((await readdir(folder)).toSorted()).toEqual(['blobs', 'oci-layout']);
  await writeFile(join(folder, 'palette-edge-store.json'), '{"version":7}');
  expect(await rejection(pruneStore(folder, request, signal))).toMatchObject({
    code: 'STORE_VERSION_UNSUPPORTED',
  });
});

test('an interrupted prune ends', async () => {
  const { folder, blob, names } = await agedStore();
  await blob('one', 30);
  const request = { maximumBytes: 0, isDryRun: false };
  await expect(pruneStore(folder, request, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  expect(await names()).toEqual(['one']);
});

/** A store of which each blob is its own name, or has one. */
async function agedStore() {
  const folder = join(await temporaryFolder(), 'store');
  await BlobStore.open(folder);
  const namesOf = new Map<string, string>();
  const age = async (path: string, hours: number) => {
    const time = new Date(Date.now() - hours * hour);
    await utimes(path, time, time);
  };
  const nameOf = ({ digest }: { readonly digest: string }) => namesOf.get(digest) ?? digest;
  namesOf.set(digestOf('pulled'), 'pulled');
  return {
    folder,
    blob: async (text: string, hours: number, name = text) => {
      const bytes = Buffer.from(text);
      namesOf.set(digestOf(bytes), name);
      const path = join(folder, 'blobs/sha256', digestHex(digestOf(bytes)));
      await writeFile(path, bytes);
      await chmod(path, 0o444);
      await age(path, hours);
      return identityOf(bytes);
    },
    partial: async (name: string, hours: number) => {
      namesOf.set(digestOf(name), name);
      const path = newPartialPath(folder, digestOf(name));
      await writeFile(path, 'x');
      await age(path, hours);
      return path;
    },
    prune: async (request: Partial<PruneRequest>) => {
      const { signal } = new AbortController();
      const report = await pruneStore(folder, { isDryRun: false, ...request }, signal);
      return {
        removed: report.removed.map(nameOf).toSorted(),
        needed: report.needed.map(nameOf).toSorted(),
        kept: report.kept.map(nameOf).toSorted(),
      };
    },
    names: async () =>
      (await readdir(join(folder, 'blobs/sha256')))
        .map((hex) => nameOf({ digest: `sha256:${hex}` }))
        .toSorted(),
  };
}
