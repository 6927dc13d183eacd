import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { formatState } from '../../src/fleet/fleet-state.ts';
import { hashHere } from '../../src/io/hash-thread.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { publicationNotFound } from '../../src/workflows/fetch-from-s3.ts';
import { loadFleetWithBases, placeOfBundle } from '../../src/workflows/fleet-publish.ts';
import type { FleetPlace } from '../../src/workflows/fleet-publish.ts';
import { encodePublication, fileMediaTypes } from '../../src/workflows/publish-manifest.ts';
import { parsePublishPlace } from '../../src/workflows/publish-place.ts';
import { builtBundle } from '../fleet/sample-fleet.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const { signal } = new AbortController();
const old = builtBundle('shop-aaaaaaaa', 'old');
const content = Buffer.from('the content of a file');

/** A place in which each bundle has these files; nothing is there when there are none. */
function placeWith(names: readonly string[]): FleetPlace {
  const files = names.map((name) => ({
    name,
    digest: digestOf(content),
    size: content.length,
    mediaType: fileMediaTypes.bundle,
  }));
  return {
    openTarget: () => {
      throw new Error('nothing is published');
    },
    openSource: async (bundle) =>
      await Promise.resolve({
        url: 'oci://registry.example.com/edge',
        names: async () => await Promise.resolve([bundle]),
        urlOf: (name) => `oci://registry.example.com/edge:${name}`,
        manifest: async (name) => {
          if (files.length === 0) throw publicationNotFound(name);
          return await Promise.resolve(encodePublication({ bundle, files }));
        },
        open: async () =>
          await Promise.resolve(
            (async function* () {
              yield await Promise.resolve(content);
            })(),
          ),
        [Symbol.asyncDispose]: async () => await Promise.resolve(),
      }),
    hasher: hashHere,
    concurrency: 2,
  };
}

/** Two sites that have the bundle `old`, of which nothing is here; and what comes into the folder of bundles. */
async function bring(names: readonly string[], only: readonly string[] = []) {
  const folder = await temporaryFolder();
  const path = join(folder, 'fleet.yaml');
  await writeFile(
    path,
    `fleetVersion: 1
publish: oci://registry.example.com/edge
contents: [{name: shop, images: [busybox]}]
groups: [{name: shops, content: shop, sites: [s1, s2]}]
`,
  );
  const sites = ['s1', 's2'].map((site) => ({ site, has: old.inventory, chain: 0 }));
  await writeFile(join(folder, 'fleet-state.jsonl'), formatState({ bundles: [old], sites }));
  const fetched: string[] = [];
  const onFetch = (file: string): void => void fetched.push(file);
  const loading = loadFleetWithBases(path, { only, place: placeWith(names), parallel: 2, onFetch }, signal);
  return { loading, fetched, here: async () => await readdir(join(folder, 'bundles')).catch(() => []) };
}

test('a base that is not here is fetched, once, and only for its delta bundle', async () => {
  const { loading, fetched, here } = await bring([old.file, `${old.file}.sig`]);
  const { plan } = await loading;
  expect(plan.bundles.map(({ base }) => base?.file)).toEqual([undefined, old.file]);
  expect(fetched).toEqual([old.file]);
  expect(new Set(await here())).toEqual(new Set([old.file, `${old.file}.sig`]));
  const alone = await bring([old.file], [plan.bundles[0]?.name ?? '']);
  await alone.loading;
  expect(alone.fetched).toEqual([]);
});

test('without the base its sites are planned a full bundle', async () => {
  const { warnings, bundles } = (await (await bring([])).loading).plan;
  expect(warnings).toMatchObject([{ code: 'FLEET_BASE_MISSING' }]);
  expect(bundles.map(({ base, sites }) => [base, sites])).toEqual([[undefined, ['s1', 's2']]]);
});

test.each([['fleet.yaml'], ['depot-bbbbbbbb-00000000.tar.zst'], [`${old.file}.fleet.json`]])(
  'of what was published as a bundle the file %s is not taken',
  async (other) => {
    const { loading, here } = await bring([old.file, other]);
    expect(await rejection(loading)).toMatchObject({
      code: 'PUBLICATION_INVALID',
      message: expect.stringContaining(`received ${other}, too`),
    });
    expect(await here()).toEqual([]);
  },
);

test.each([
  ['oci://registry.example.com/edge', { tag: 'shop-1' }],
  ['s3://bundles', { place: { bucket: 'bundles', prefix: 'shop-1.tar.zst' } }],
  ['s3://bundles/edge', { place: { bucket: 'bundles', prefix: 'edge/shop-1.tar.zst' } }],
])('in %s a bundle has a place of its own', (url, place) => {
  expect(placeOfBundle(parsePublishPlace(url), 'shop-1.tar.zst')).toMatchObject(place);
});
