import { expect, test } from 'vitest';

import type { Fleet, FleetSite, SiteOptions } from '../../src/fleet/fleet.ts';
import { fleetExcerpts } from '../../src/fleet/fleet-excerpt.ts';
import type { FleetExcerpt } from '../../src/fleet/fleet-excerpt.ts';
import { emptyState, formatState } from '../../src/fleet/fleet-state.ts';
import type { FleetState } from '../../src/fleet/fleet-state.ts';
import { planFleet } from '../../src/fleet/plan-fleet.ts';
import type { PlannedBundle } from '../../src/fleet/plan-fleet.ts';
import { readFleet } from '../../src/fleet/read-fleet.ts';
import { readState } from '../../src/fleet/read-state.ts';
import { builtBundle } from './sample-fleet.ts';

/** All options, and some that are empty where others are not. */
const kinds: readonly Partial<SiteOptions>[] = [
  {},
  { arch: ['amd64', 'arm64'], map: ['docker.io=registry.site/hub'], exclude: ["*/it's: {a}#*"] },
  { squeeze: 'max', split: 3_000_000_000, privateKey: 'keys/vendor key.pem' },
  { encryptTo: ['age1x', 'age1y'] },
  { iso: true },
];
const plain: SiteOptions = { arch: [], map: [], exclude: [], encryptTo: [], iso: false };

/** Sites over as many contents, each of which had some releases; a tenth of the sites is new. */
function bigFleet(sites: number, contents: number): { readonly fleet: Fleet; readonly state: FleetState } {
  const all = Array.from({ length: contents }, (_, index) => ({
    name: `content-${index}`,
    profiles: [`profiles/${index}.yaml`],
    paletteProfiles: [],
    images: index % 2 === 0 ? [] : ['registry.example.com/a: "b"'],
    imagesFiles: [],
    manifests: [],
    charts: [],
    definition: undefined,
  }));
  const releases = all.map(({ name }) =>
    [0, 1, 2].map((release) => builtBundle(`${name}-aaaaaaaa`, `${name} ${release}`)),
  );
  const fleetSites = Array.from({ length: sites }, (_, index): FleetSite => {
    const content = all.at(index % contents);
    if (content === undefined) throw new Error('there are no contents');
    const options = { ...plain, ...kinds[Math.floor(index / contents) % kinds.length] };
    return { name: `site-${String(index).padStart(5, '0')}`, group: 'all', content, options };
  });
  const states = fleetSites.flatMap(({ name }, index) => {
    const has = releases.at(index % contents)?.at(index % 3);
    if (index % 10 === 0 || has === undefined) return [];
    return [{ site: name, has: has.inventory, chain: index % 4, ready: has.file }];
  });
  const own = { bundles: '../bundles', bases: ['/mnt/a'], state: 'the state.jsonl', chainLimit: 3 };
  const fleet = { ...own, publish: 'oci://registry.example.com/edge', sites: fleetSites };
  return { fleet, state: { bundles: releases.flat(), sites: states } };
}

function planned(bundles: readonly PlannedBundle[]): ReadonlyMap<string, Omit<PlannedBundle, 'sites'>> {
  return new Map(
    bundles.map(({ name, content, options, base, chain }) => [name, { name, content, options, base, chain }]),
  );
}

/** What a job plans that has the excerpt alone. */
function planOf({ fleet, state }: FleetExcerpt): readonly PlannedBundle[] {
  const read = readFleet({ name: 'fleet.yaml', text: fleet });
  const known = state === undefined ? emptyState : readState({ name: 'state', text: state });
  return planFleet(read, known, () => true).bundles;
}

test('jobs plan of excerpts what the fleet of 5000 sites plans, in a fifth of the bytes of the state', () => {
  const { fleet, state } = bigFleet(5000, 10);
  const excerpts = fleetExcerpts(fleet, state);
  const all = planned(planFleet(fleet, state, () => true).bundles);
  const found = excerpts.flatMap((excerpt) => {
    const bundles = planOf(excerpt);
    expect(bundles.map(({ name }) => name)).toEqual(excerpt.bundles);
    return bundles;
  });
  expect(found).toHaveLength(all.size);
  expect(planned(found)).toEqual(all);
  // All options and all that sites have are mixed in all contents, as they hardly ever are.
  const texts = excerpts.flatMap(({ fleet: text, state: more = '' }) => [text, more]);
  expect(texts.join('').length).toBeLessThan(formatState(state).length / 5);
  expect(excerpts).toHaveLength(10);
  const [read] = excerpts.map(({ fleet: text }) => readFleet({ name: 'fleet.yaml', text }));
  const { sites: _, ...own } = fleet;
  expect(read).toMatchObject(own);
});

test('sites that differ all take several excerpts, none of which is too large for a ConfigMap', () => {
  const { fleet, state } = bigFleet(5000, 1);
  const sites = fleet.sites.map((site, index) => ({
    ...site,
    options: { ...site.options, encryptTo: [`age1${String(index).padStart(58, '0')}`], iso: false },
  }));
  const excerpts = fleetExcerpts({ ...fleet, sites }, state);
  expect(excerpts.length).toBeGreaterThan(3);
  for (const { fleet: text, state: more = '' } of excerpts)
    expect(Math.max(text.length, more.length)).toBeLessThan(1024 * 1024);
  const names = excerpts.flatMap(({ bundles }) => bundles).toSorted();
  expect(names).toEqual(planFleet({ ...fleet, sites }, state, () => true).bundles.map(({ name }) => name));
});
