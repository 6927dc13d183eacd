import { expect, test } from 'vitest';

import { emptyState } from '../../src/fleet/fleet-state.ts';
import type { FleetState } from '../../src/fleet/fleet-state.ts';
import { planFleet } from '../../src/fleet/plan-fleet.ts';
import { readFleet } from '../../src/fleet/read-fleet.ts';
import { digestHex, toDigest } from '../../src/oci/digest.ts';
import { builtBundle } from './sample-fleet.ts';

const fleet = readFleet({
  name: 'fleet.yaml',
  text: `fleetVersion: 1
chainLimit: 2
contents:
  - {name: shop, images: [app:1]}
  - {name: depot, images: [app:1, db:1]}
defaults: {arch: [amd64]}
groups:
  - {name: shops, content: shop, sites: [s1, s2, s3, {name: s4, arch: [arm64]}]}
  - {name: more-shops, content: shop, sites: [s5]}
  - {name: depots, content: depot, sites: [d1]}
`,
});
const old = builtBundle('shop-aaaaaaaa', 'old');
const oldId = digestHex(old.inventory).slice(0, 8);

function plan(state: FleetState, isAtHand = (_file: string) => true) {
  const { bundles, warnings } = planFleet(fleet, state, isAtHand);
  const short = bundles.map(({ name, sites, base, chain }) => ({
    name: name.replace(/-[0-9a-f]{8}/, '-KEY'),
    sites,
    base: base?.file,
    chain,
  }));
  return { short, warnings, bundles };
}

test('each distinct content and architecture is one full bundle at first', () => {
  const { short, bundles, warnings } = plan(emptyState);
  expect(short.toSorted((left, right) => (String(left.sites) < String(right.sites) ? -1 : 1))).toEqual([
    { name: 'depot-KEY', sites: ['d1'], base: undefined, chain: 0 },
    { name: 'shop-KEY', sites: ['s1', 's2', 's3', 's5'], base: undefined, chain: 0 },
    { name: 'shop-KEY', sites: ['s4'], base: undefined, chain: 0 },
  ]);
  expect(new Set(bundles.map(({ name }) => name)).size).toBe(3);
  expect(warnings).toEqual([]);
});

test('sites that have the same share a delta bundle, and the full one is made beside it', () => {
  const sites = ['s1', 's2', 's3', 's5'].map((site) => ({ site, has: old.inventory, chain: 0 }));
  const { short } = plan({ bundles: [old], sites });
  const shops = short.filter(({ name, sites: [first] }) => name.startsWith('shop') && first !== 's4');
  expect(shops).toEqual([
    { name: 'shop-KEY', sites: [], base: undefined, chain: 0 },
    { name: `shop-KEY-from-${oldId}`, sites: ['s1', 's2', 's3', 's5'], base: old.file, chain: 1 },
  ]);
});

test('after as many delta bundles as allowed a site gets a full one; a new site does, too', () => {
  const sites = [
    { site: 's1', has: old.inventory, chain: 1 },
    { site: 's2', has: old.inventory, chain: 0 },
    { site: 's3', has: old.inventory, chain: 2 },
  ];
  const { short, warnings } = plan({ bundles: [old], sites });
  expect(short.filter(({ name, sites: [first] }) => name.startsWith('shop') && first !== 's4')).toEqual([
    { name: 'shop-KEY', sites: ['s3', 's5'], base: undefined, chain: 0 },
    { name: `shop-KEY-from-${oldId}`, sites: ['s1', 's2'], base: old.file, chain: 2 },
  ]);
  expect(warnings).toEqual([]);
});

test.each([
  ['is not at hand', old, () => false],
  ['is encrypted', { ...old, file: `${old.file}.age` }, () => true],
  ['is a delta bundle itself', { ...old, base: builtBundle('x', 'older').inventory, chain: 1 }, () => true],
])('when the base %s, a full bundle is made, with a warning', (_, bundle, isAtHand) => {
  const sites = ['s1', 's2'].map((site) => ({ site, has: old.inventory, chain: 0 }));
  const { short, warnings } = plan({ bundles: [bundle], sites }, isAtHand);
  expect(short.every(({ base }) => base === undefined)).toBe(true);
  expect(warnings).toMatchObject([
    { code: 'FLEET_BASE_MISSING', message: expect.stringContaining('s1 and 1 more received last') },
  ]);
});

test('what a bundle is called depends on what is in it, not on who gets it', () => {
  const names = plan(emptyState).bundles.map(({ name }) => name);
  const fewer = { ...fleet, sites: fleet.sites.filter(({ name }) => name !== 's5') };
  expect(planFleet(fewer, emptyState, () => true).bundles.map(({ name }) => name)).toEqual(names);
});

test('two bundles that would have one name are refused: a site would get what is for another one', () => {
  const of = (content: string) =>
    readFleet({
      name: 'fleet.yaml',
      text: `fleetVersion: 1
contents:
  - {name: shop, images: [app:1]}
  - {name: ${content}, images: [db:1]}
groups:
  - {name: shops, content: shop, sites: [s1]}
  - {name: others, content: ${content}, sites: [s2]}
`,
    });
  const key = (name: string, content: string): string => {
    const { bundles } = planFleet(of(content), emptyState, () => true);
    return bundles.find((bundle) => bundle.content.name === name)?.name.slice(name.length + 1) ?? '';
  };
  const content = `shop-${key('shop', 'other')}-from`;
  const base = { ...old, inventory: toDigest(key(content, content).padEnd(64, '0')) };
  const state = { bundles: [base], sites: [{ site: 's1', has: base.inventory, chain: 0 }] };
  expect(() => planFleet(of(content), state, () => true)).toThrow(
    expect.objectContaining({ code: 'FLEET_NAMES_COLLIDE', message: expect.stringContaining('as for s1') }),
  );
  expect(planFleet(of('other'), state, () => true).bundles).toHaveLength(3);
});
