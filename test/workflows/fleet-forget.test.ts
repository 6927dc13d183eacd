import { expect, test } from 'vitest';

import { planFleet } from '../../src/fleet/plan-fleet.ts';
import { loadFleet } from '../../src/workflows/fleet-files.ts';
import { forgetSites } from '../../src/workflows/fleet-forget.ts';
import { StateSaver } from '../../src/workflows/fleet-state-saver.ts';
import { builtBundle } from '../fleet/sample-fleet.ts';
import { old, ready, siteNames, startSites } from '../fleet/start-sites.ts';
import { rejection } from '../support/rejection.ts';

test('a site that has lost what it had keeps the full bundle that is ready for it', async () => {
  const { path, state } = await startSites();
  const forgotten = await forgetSites(await loadFleet(path), ['s1', 's1']);
  expect(forgotten).toEqual({ forgotten: [{ site: 's1', had: old.id }] });
  expect((await state()).sites.slice(0, 3)).toEqual([
    { site: 's0', has: old.inventory, chain: 0, ready: ready.file },
    { site: 's1', chain: 0, ready: ready.file },
    { site: 's2', has: old.inventory, chain: 0, ready: ready.file },
  ]);
});

test('a delta bundle that is ready is of no use to it, also one that is built meanwhile', async () => {
  const { path, state } = await startSites();
  const full = builtBundle('shop-aaaaaaaa', 'next');
  const delta = { ...builtBundle('shop-aaaaaaaa-from-01234567', 'next'), base: old.inventory, chain: 1 };
  const building = new StateSaver(await loadFleet(path));
  await building.take([
    { built: full, sites: [] },
    { built: delta, sites: ['s0', 's1'] },
  ]);
  await forgetSites(await loadFleet(path), ['s1']);
  await building.take([{ built: delta, sites: ['s1', 's2'] }]);
  const sites = new Map((await state()).sites.map((site) => [site.site, site.ready]));
  expect([sites.get('s0'), sites.has('s1'), sites.get('s2')]).toEqual([delta.file, false, delta.file]);
});

test('its next bundle is a full one, that of the others a delta bundle', async () => {
  const { path } = await startSites();
  await forgetSites(await loadFleet(path), ['s1']);
  const { fleet, state } = await loadFleet(path);
  const { bundles } = planFleet(fleet, state, () => true);
  expect(bundles.map(({ base, sites }) => [base === undefined, sites])).toEqual([
    [true, ['s1']],
    [false, siteNames.filter((name) => name !== 's1')],
  ]);
});

test('a site that is not in the fleet is named, and nothing is written', async () => {
  const { path, state } = await startSites();
  const before = await state();
  const failure = await rejection(forgetSites(await loadFleet(path), ['s1', 's99']));
  expect(failure).toMatchObject({ code: 'FLEET_SITE_UNKNOWN', kind: 'usage' });
  expect(await state()).toEqual(before);
});
