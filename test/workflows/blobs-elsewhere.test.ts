import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import type { BundleReader } from '../../src/bundle/bundle-reader.ts';
import { PaletteEdgeError } from '../../src/errors.ts';
import { digestOf } from '../../src/oci/digest.ts';
import type { Digest } from '../../src/oci/digest.ts';
import type { BasePlace, WantedBlob } from '../../src/workflows/base-place.ts';
import { BlobsElsewhere } from '../../src/workflows/blobs-elsewhere.ts';
import { missingBlobs } from '../../src/workflows/missing-blobs.ts';
import { withBundle } from '../../src/workflows/with-bundle.ts';
import { deltaPair, pairImage } from '../support/delta-pair.ts';
import type { DeltaPair } from '../support/delta-pair.ts';
import { rejection } from '../support/rejection.ts';

const { signal } = new AbortController();
let folder: string;
let pair: DeltaPair;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palette-edge-test-'));
  pair = await deltaPair(folder);
});
afterAll(async () => await rm(folder, { recursive: true }));

/** A place that has some blobs, and remembers what it was asked for. */
function place(name: string, held: readonly Digest[]) {
  const asked: WantedBlob[] = [];
  const find: BasePlace['find'] = async (wanted) => {
    asked.push(wanted);
    const open = async () => await Promise.reject(new Error('nobody reads it'));
    return await Promise.resolve(held.includes(wanted.digest) ? { size: 1, open } : undefined);
  };
  return { name, asked, find };
}

async function ofDelta<T>(use: (reader: BundleReader) => Promise<T>): Promise<T> {
  return await withBundle(pair.delta, async (reader) => await use(reader));
}

/** Layers that the delta bundle takes, and has changes to. */
function needs({ stored }: BundleReader): { readonly taken: Digest; readonly old: Digest } {
  const { taken = [], patches = [] } = stored.squeezed?.delta ?? {};
  const digest = taken.at(0)?.digest;
  const old = patches.flatMap(({ olds }) => olds).at(0);
  if (digest === undefined || old === undefined) throw new Error('it takes a layer, and changes one');
  return { taken: digest, old };
}

test('places are asked in turn for what is not known yet, with what is known of it', async () => {
  await ofDelta(async (reader) => {
    const { taken, old } = needs(reader);
    const [first, second] = [place('first', [taken]), place('second', [old])];
    const elsewhere = new BlobsElsewhere([first, second]);
    elsewhere.learn({ inventory: reader.inventory, reader });
    expect(elsewhere.names).toEqual(['first', 'second']);
    await elsewhere.findAll([taken, old], signal);
    expect(await elsewhere.find(old, signal)).toBeDefined();
    expect([...elsewhere.found.keys()].toSorted()).toEqual([taken, old].toSorted());
    const size = reader.inventory.blobs.find(({ digest }) => digest === taken)?.size;
    const images = [pairImage];
    expect(first.asked).toContainEqual({ digest: taken, size, isManifest: false, images });
    // A patch says nothing of an old layer but its digest; whose layer it changes is known.
    expect(second.asked).toEqual([{ digest: old, size: undefined, isManifest: false, images }]);
    expect(await elsewhere.find(digestOf('nowhere'), signal)).toBeUndefined();
  });
});

test('without places nothing is found, and one that cannot be asked is told, again and again', async () => {
  await ofDelta(async (reader) => {
    const { taken } = needs(reader);
    expect(await new BlobsElsewhere([]).find(taken, signal)).toBeUndefined();
    const down = new PaletteEdgeError('CONNECTION_LOST', 'lost', { kind: 'network' });
    const elsewhere = new BlobsElsewhere([{ name: 'down', find: async () => await Promise.reject(down) }]);
    elsewhere.learn({ inventory: reader.inventory, reader });
    for (let times = 0; times < 2; times += 1)
      expect(await rejection(elsewhere.find(taken, signal))).toBe(down);
  });
});

test('a place that lets nobody in is told only when no other one has it', async () => {
  await ofDelta(async (reader) => {
    const { taken, old } = needs(reader);
    const denied = new PaletteEdgeError('ACCESS_DENIED', 'denied', { kind: 'authentication' });
    const closed: BasePlace = {
      name: 'closed',
      find: async () => await Promise.reject(denied),
      denials: () => [denied],
    };
    const elsewhere = new BlobsElsewhere([closed, place('open', [taken])]);
    elsewhere.learn({ inventory: reader.inventory, reader });
    expect(await elsewhere.find(taken, signal)).toBeDefined();
    expect(await rejection(elsewhere.find(old, signal))).toBe(denied);
    expect(elsewhere.denials).toEqual([denied]);
  });
});

test('of a raw file that is missing it is told that no registry has it', async () => {
  await ofDelta(async (reader) => {
    const { old } = needs(reader);
    const images = async () => await Promise.resolve([]);
    const context = { images, places: ['site/edge'], inventories: [] };
    const rawFiles = [{ name: 'values.yaml', digest: old, size: 8 }];
    const inventory = { ...reader.inventory, rawFiles };
    const { suggestions } = await missingBlobs(
      { path: 'x', reader: { inventory, stored: reader.stored } },
      [old],
      context,
    );
    expect(suggestions[0]).toMatch(/^Raw files are in no registry/);
    const without = await missingBlobs({ path: 'x', reader }, [old], context);
    expect(without.suggestions.join()).not.toContain('Raw files');
  });
});

test('of what is missing it is told where nobody was let in', async () => {
  await ofDelta(async (reader) => {
    const denial = new PaletteEdgeError('ACCESS_DENIED', 'site/edge/app: denied', {
      kind: 'authentication',
      suggestions: ['Log in.'],
    });
    const images = async () => await Promise.resolve([]);
    const context = { images, places: ['site/edge'], inventories: [], denials: [denial, denial] };
    const { suggestions } = await missingBlobs({ path: 'new.delta', reader }, [needs(reader).old], context);
    expect(suggestions[0]).toBe('It may be where we are not let in (and 1 more): site/edge/app: denied');
    expect(suggestions[1]).toBe('Log in.');
  });
});

test('what is missing is told: the first ones in words, all as data', async () => {
  await ofDelta(async (reader) => {
    const { taken } = needs(reader);
    const others = Array.from({ length: 12 }, (_, index) => digestOf(String(index)));
    const images = async (digest: Digest) => await Promise.resolve(digest === taken ? ['a:1', 'b:1'] : []);
    const context = { images, places: ['registry.site'], inventories: [] };
    const error = await missingBlobs({ path: 'new.delta', reader }, [taken, ...others], context);
    expect(error).toMatchObject({ code: 'BASE_NEEDED', kind: 'notFound', details: { count: 13 } });
    const lines = error.message.split('\n');
    expect(lines).toHaveLength(12);
    expect(lines[0]).toBe('new.delta takes 13 blobs from bases, and that is not there (registry.site):');
    expect(lines[1]).toMatch(/^ {2}sha256:\S+, \d+ bytes, for a:1 and 1 more, of edge, id [0-9a-f]{8}$/);
    expect(lines[2]).toMatch(/^ {2}sha256:[0-9a-f]{64}, of edge, id [0-9a-f]{8}$/);
    expect(lines.at(-1)).toBe('  and 3 more');
    expect(error.details?.['missing']).toHaveLength(13);
  });
});
