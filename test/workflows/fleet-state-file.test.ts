import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { deliverFleet } from '../../src/workflows/fleet-deliver.ts';
import { loadFleet } from '../../src/workflows/fleet-files.ts';
import { StateSaver } from '../../src/workflows/fleet-state-saver.ts';
import { builtBundle } from '../fleet/sample-fleet.ts';
import { old, ready, siteNames as names, startSites } from '../fleet/start-sites.ts';

const next = builtBundle('shop-aaaaaaaa', 'next');

test('of runs at once that note what sites received none is lost', async () => {
  const { path, state } = await startSites();
  await Promise.all(names.map(async (name) => await deliverFleet(await loadFleet(path), [name])));
  expect((await state()).sites.map(({ has }) => has)).toEqual(names.map(() => ready.inventory));
  expect((await readdir(join(path, '..'))).toSorted()).toEqual(['fleet-state.jsonl', 'fleet.yaml']);
});

test('a build keeps what was delivered meanwhile, and gives no site a delta bundle of what it had before', async () => {
  const { path, state } = await startSites();
  const building = new StateSaver(await loadFleet(path));
  const delta = { ...builtBundle('shop-aaaaaaaa-from-01234567', 'next'), base: old.inventory, chain: 1 };
  await deliverFleet(await loadFleet(path), ['s0', 's1']);
  // The full bundle is of no use to any site until the delta bundle is there.
  await building.take([{ built: next, sites: [] }]);
  await Promise.all([building.take([{ built: delta, sites: names }]), building.take([])]);
  const { bundles, sites } = await state();
  expect(sites.slice(0, 3)).toEqual([
    { site: 's0', has: ready.inventory, chain: 0 },
    { site: 's1', has: ready.inventory, chain: 0 },
    { site: 's2', has: old.inventory, chain: 0, ready: delta.file },
  ]);
  expect(bundles.map(({ file }) => file)).toEqual(
    [old, ready, next, delta].map(({ file }) => file).toSorted(),
  );
});

test('what was ready when it was brought is known when a build has made something else since', async () => {
  const { path, state } = await startSites();
  const delivering = await loadFleet(path);
  const building = new StateSaver(await loadFleet(path));
  await building.take([{ built: next, sites: names }]);
  await deliverFleet(delivering, ['s0']);
  const { bundles, sites } = await state();
  expect(sites[0]).toEqual({ site: 's0', has: ready.inventory, chain: 0 });
  expect(bundles.map(({ file }) => file)).toContain(ready.file);
});

test('sites of a fleet file that was edited meanwhile stay', async () => {
  const { path, state } = await startSites();
  const building = new StateSaver(await loadFleet(path));
  await writeFile(path, (await readFile(path, 'utf8')).replace('s0,', 's0, s9,'));
  await new StateSaver(await loadFleet(path)).take([{ built: next, sites: ['s9'] }]);
  await building.take([{ built: next, sites: ['s0'] }]);
  expect(
    (await state()).sites.flatMap(({ site, ready: file }) => (file === next.file ? [site] : [])),
  ).toEqual(['s0', 's9']);
});
