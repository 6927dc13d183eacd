import { copyFile, mkdir, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { fleetInput } from '../../src/cli/fleet-input.ts';
import { wireBuild } from '../../src/cli/wire-build.ts';
import { buildFleet } from '../../src/workflows/fleet-build.ts';
import { factsText, formatState } from '../../src/fleet/fleet-state.ts';
import type { FleetBuildResult } from '../../src/workflows/fleet-build.ts';
import { collectFleet } from '../../src/workflows/fleet-collect.ts';
import { deliverFleet } from '../../src/workflows/fleet-deliver.ts';
import { loadFleet } from '../../src/workflows/fleet-files.ts';
import { planFleetBundles } from '../../src/workflows/fleet-plan.ts';
import { fleetStatus } from '../../src/workflows/fleet-status.ts';
import { builtBundle } from '../fleet/sample-fleet.ts';
import { applyDelta, isSameFile, wordsLayer } from '../support/delta-bundles.ts';
import { pushImage } from '../support/push-image.ts';
import { rejection } from '../support/rejection.ts';
import { runningRegistry } from '../support/running-registry.ts';
import { MemoryBlobs } from '../support/sample-images.ts';
import { addLayeredImage } from '../support/squeezable-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { usualRegistryFlags } from '../support/usual-registry-flags.ts';

const { signal } = new AbortController();

async function startFleet() {
  const registry = await runningRegistry();
  const folder = await temporaryFolder();
  const path = join(folder, 'fleet.yaml');
  const push = async (repository: string, added = ''): Promise<void> => {
    const blobs = new MemoryBlobs();
    const root = addLayeredImage(blobs, [wordsLayer(1), wordsLayer(2, added)]);
    await pushImage({ origin: registry.origin, repository }, blobs, { root, tag: '1' });
  };
  await writeFile(
    path,
    `fleetVersion: 1
contents:
  - {name: shop, images: ["${registry.host}/app:1"]}
  - {name: depot, images: ["${registry.host}/db:1"]}
groups:
  - {name: shops, content: shop, sites: [s1, s2]}
  - {name: depots, content: depot, sites: [d1]}
`,
  );
  const config = { cacheDir: join(folder, 'cache'), bin: 'palette-edge', version: '1.0.0' };
  const flags = {
    ...usualRegistryFlags,
    concurrency: 2,
    'plain-http': [registry.host],
    store: [join(folder, 'store')],
  } as const;
  const wire = async () => await wireBuild(flags, config, () => undefined);
  const inputOf = async (bundle: Parameters<typeof fleetInput>[0]) => await fleetInput(bundle, path, signal);
  const build = async (only: readonly string[] = [], keepsState = false): Promise<FleetBuildResult> =>
    await buildFleet(
      await loadFleet(path),
      { only, parallel: 2, keepsState },
      {
        openBuild: async () => {
          const wiring = await wire();
          const iso = { xorriso: undefined, hasher: wiring.resources.hasher, listener: noIso };
          return {
            resources: { build: wiring.resources, iso },
            [Symbol.asyncDispose]: async () => await wiring[Symbol.asyncDispose](),
          };
        },
        inputOf,
        scratch: folder,
        onBundle: () => undefined,
        signal,
      },
    );
  const plan = async () => {
    await using wiring = await wire();
    const resources = { build: wiring.resources, inputOf, scratch: folder };
    return await planFleetBundles(await loadFleet(path), resources, signal);
  };
  const bundles = join(folder, 'bundles');
  return { folder, path, push, build, plan, bundles, state: join(folder, 'fleet-state.jsonl') };
}

const noIso = { onPhase: () => undefined, onBytes: () => undefined };

function outcomes({ bundles }: FleetBuildResult): Record<string, string> {
  return Object.fromEntries(
    bundles.map(({ name, outcome }) => [name.replace(/-[0-9a-f]{8}/, '').replace(/-from-.*/, '+'), outcome]),
  );
}

/** Builds them one by one, as jobs do. */
async function buildEach(
  bundles: readonly { readonly name: string }[],
  build: (only: readonly string[]) => Promise<FleetBuildResult>,
): Promise<FleetBuildResult> {
  const results = [];
  for (const { name } of bundles) results.push(...(await build([name])).bundles);
  return { bundles: results, warnings: [] };
}

function fileOf({ bundles }: FleetBuildResult, name: RegExp): string {
  return bundles.find((bundle) => name.test(bundle.name))?.built?.file ?? '';
}

test('sites get full bundles, then deltas of what they received, which make the full bundle again', async () => {
  const { path, push, build, plan, bundles } = await startFleet();
  await push('app');
  await push('db');
  expect(outcomes(await build())).toEqual({ shop: 'built', depot: 'built' });
  // Once more: what is there is left alone.
  expect(outcomes(await build())).toEqual({ shop: 'there', depot: 'there' });
  await deliverFleet(await loadFleet(path), ['s1', 's2']);
  await push('app', 'release 2');
  const planned = await plan();
  const delta = planned.bundles.find(({ kind }) => kind === 'delta');
  expect(delta?.sites).toEqual(['s1', 's2']);
  const found = delta?.found ?? { bytes: 0, full: 0, isCurrent: true };
  expect(found.isCurrent).toBe(false);
  // Of two layers of one size the base has one.
  expect(found.bytes).toBeGreaterThan(found.full / 3);
  expect(found.bytes).toBeLessThan((found.full * 2) / 3);
  // One by one: the full bundle, which no site gets, is the base of the release after this one.
  const second = await buildEach(
    planned.bundles.filter(({ content }) => content === 'shop'),
    build,
  );
  expect(second.bundles.flatMap(({ failure }) => failure ?? [])).toEqual([]);
  expect(outcomes(second)).toEqual({ shop: 'built', 'shop+': 'built' });
  const full = join(bundles, fileOf(second, /^shop-[0-9a-f]{8}$/));
  const deltaFile = join(bundles, fileOf(second, /-from-/));
  const base =
    (await loadFleet(path)).plan.bundles.find((bundle) => bundle.base !== undefined)?.base?.file ?? '';
  const output = join(bundles, '..', 'applied.tar.zst');
  await applyDelta(deltaFile, { bases: [join(bundles, base)], output });
  expect(await isSameFile(output, full)).toBe(true);
  await deliverFleet(await loadFleet(path), undefined);
  expect(
    fleetStatus(await loadFleet(path)).sites.map(({ site, chain, ready }) => ({ site, chain, ready })),
  ).toEqual([
    { site: 'd1', chain: 0, ready: undefined },
    { site: 's1', chain: 1, ready: undefined },
    { site: 's2', chain: 1, ready: undefined },
  ]);
  expect((await loadFleet(path)).plan.warnings).toEqual([]);
  // Nothing is new: nothing is to be brought.
  expect(outcomes(await build())).toMatchObject({ 'shop+': 'current', 'depot+': 'current' });
});

test('a base that is another bundle than sites have is refused, and so is its delta bundle', async () => {
  const { path, push, build, bundles } = await startFleet();
  await push('app');
  await push('db');
  await build();
  await deliverFleet(await loadFleet(path), ['s1', 's2']);
  await push('app', 'release 2');
  const delta = (await loadFleet(path)).plan.bundles.find(({ base }) => base !== undefined);
  const other = (await readdir(bundles)).find((name) => name.startsWith('depot') && name.endsWith('.zst'));
  await copyFile(join(bundles, other ?? ''), join(bundles, delta?.base?.file ?? ''));
  const { bundles: results } = await build([delta?.name ?? '']);
  expect(results).toMatchObject([{ outcome: 'failed', failure: { code: 'FLEET_BASE_WRONG' } }]);
});

test('a bundle that fails does not stop the others, and is built when its image is there', async () => {
  const { push, build, bundles, state } = await startFleet();
  await push('app');
  const left = join(bundles, 'shop-00000000-00000000.tar.zst.0123456789ab.partial');
  await mkdir(bundles);
  await writeFile(left, 'of a release of long ago');
  await utimes(left, 0, 0);
  const first = await build();
  expect(outcomes(first)).toEqual({ shop: 'built', depot: 'failed' });
  expect((await readdir(bundles)).filter((name) => name.endsWith('.partial'))).toEqual([]);
  expect(first.bundles.find(({ outcome }) => outcome === 'failed')?.failure?.code).toBe('IMAGES_FAILED');
  expect(await readFile(state, 'utf8')).not.toContain('depot');
  await push('db');
  expect(outcomes(await build())).toEqual({ shop: 'there', depot: 'built' });
});

test('bundles of jobs that had each their own state are collected where all of them lie', async () => {
  const { push, build, bundles, state, path } = await startFleet();
  await push('app');
  await push('db');
  const { plan } = await loadFleet(path);
  for (const { name } of plan.bundles) {
    await build([name]);
    await rm(state);
  }
  expect((await readdir(bundles)).filter((name) => name.endsWith('.zst'))).toHaveLength(2);
  expect(outcomes(await build())).toEqual({ shop: 'there', depot: 'there' });
  const collected = await readFile(state, 'utf8');
  expect(collected.trimEnd().split('\n')).toHaveLength(1 + 2 + 3);
  // One that was changed meanwhile is built again.
  const [file = ''] = (await readdir(bundles)).filter(
    (name) => name.startsWith('shop') && name.endsWith('.zst'),
  );
  await rm(join(bundles, file));
  expect(outcomes(await build())).toEqual({ shop: 'built', depot: 'there' });
  expect(await readFile(state, 'utf8')).toBe(collected);
  // So is one that has lost a part.
  await writeFile(
    path,
    (await readFile(path, 'utf8')).replace('content: depot', 'content: depot, split: 1MiB'),
  );
  expect(outcomes(await build())).toMatchObject({ depot: 'built' });
  const part = (await readdir(bundles)).find((name) => name.includes('part') && !name.endsWith('.json'));
  await rm(join(bundles, part ?? ''));
  expect(outcomes(await build())).toMatchObject({ depot: 'built' });
});

test('what jobs told makes the state that one build would have made, without the bundles', async () => {
  const { push, build, bundles, state, path, folder } = await startFleet();
  await push('app');
  await push('db');
  const { plan } = await loadFleet(path);
  const facts: string[] = [];
  for (const { name } of plan.bundles) {
    const file = join(folder, `${name}.jsonl`);
    await writeFile(file, `${factsText((await build([name], true)).bundles)}\n`);
    facts.push(file);
  }
  expect(await readdir(folder)).not.toContain('fleet-state.jsonl');
  await build();
  const expected = await readFile(state, 'utf8');
  await rm(state);
  await rm(bundles, { recursive: true });
  const collected = await collectFleet(await loadFleet(path, true), facts);
  expect(collected.bundles.map(({ name }) => name)).toEqual(plan.bundles.map(({ name }) => name));
  expect(await readFile(state, 'utf8')).toBe(expected);
  // A fact of a fleet that has changed since: nothing is taken.
  await writeFile(
    path,
    (await readFile(path, 'utf8'))
      .replace('name: depot,', 'name: barn,')
      .replace('content: depot', 'content: barn'),
  );
  await rm(state);
  const stale = collectFleet(await loadFleet(path, true), facts);
  expect(await rejection(stale)).toMatchObject({ code: 'FLEET_BUNDLE_UNKNOWN' });
  expect(await readdir(folder)).not.toContain('fleet-state.jsonl');
});

test('where the delta bundle was not made, sites are given the full one, and the delta bundle when it is told later', async () => {
  const folder = await temporaryFolder();
  const [path, old] = [join(folder, 'fleet.yaml'), builtBundle('shop-aaaaaaaa', 'old')];
  await writeFile(
    path,
    `fleetVersion: 1
contents: [{name: shop, images: [busybox]}]
groups: [{name: shops, content: shop, sites: [s1, s2]}]
`,
  );
  const had = ['s1', 's2'].map((site) => ({ site, has: old.inventory, chain: 0 }));
  await writeFile(join(folder, 'fleet-state.jsonl'), formatState({ bundles: [old], sites: had }));
  const { plan } = await loadFleet(path, true);
  const shop = plan.bundles;
  expect(shop.map(({ base, sites }) => [base?.inventory, sites])).toEqual([
    [undefined, []],
    [old.inventory, ['s1', 's2']],
  ]);
  const facts: string[] = [];
  for (const { name, base } of shop) {
    const built = { ...builtBundle(name, 'new'), base: base?.inventory };
    facts.push(join(folder, `${name}.jsonl`));
    await writeFile(join(folder, `${name}.jsonl`), `${factsText([{ built }])}\n`);
  }
  const [full = '', delta = ''] = facts;
  const ready = async (...told: string[]) => {
    await collectFleet(await loadFleet(path, true), told);
    const { sites } = fleetStatus(await loadFleet(path, true));
    return sites.flatMap((site) => (site.ready === undefined ? [] : [`${site.site} ${site.ready}`]));
  };
  const files = shop.map(({ name }) => builtBundle(name, 'new').file);
  expect(await ready(full)).toEqual([`s1 ${files[0]}`, `s2 ${files[0]}`]);
  for (const told of [[delta], [full], [delta, full]])
    expect(await ready(...told)).toEqual([`s1 ${files[1]}`, `s2 ${files[1]}`]);
});

test('what is not in the plan, and what is not ready, is told; nothing is written', async () => {
  const { build, path, folder } = await startFleet();
  expect(await rejection(build(['shop-00000000']))).toMatchObject({ code: 'FLEET_BUNDLE_UNKNOWN' });
  const loaded = await loadFleet(path);
  expect(await rejection(deliverFleet(loaded, ['s1']))).toMatchObject({ code: 'FLEET_NOT_READY' });
  expect(await rejection(deliverFleet(loaded, ['s9']))).toMatchObject({ code: 'FLEET_SITE_UNKNOWN' });
  expect(await deliverFleet(loaded, undefined)).toEqual({ delivered: [] });
  expect(await readdir(folder)).toEqual(['fleet.yaml']);
});
