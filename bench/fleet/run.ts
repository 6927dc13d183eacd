/**
 * What deltas save a fleet: 200 simulated sites over 12 profiles, three releases; the bytes to each site, beside full bundles.
 *
 *   npx node bench/fleet/run.ts
 *
 *   --seed 1        other images, and other sites that miss a release
 *   --sites 200     so many sites
 *
 * Takes some minutes, and two gigabytes in the folder for temporary files.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { fleetInput } from '../../src/cli/fleet-input.ts';
import { wireBuild } from '../../src/cli/wire-build.ts';
import { createFolderRegistry } from '../../src/registry-server/folder-registry.ts';
import { startRegistryServer } from '../../src/registry-server/start-registry-server.ts';
import { buildFleet } from '../../src/workflows/fleet-build.ts';
import type { FleetBuildResult } from '../../src/workflows/fleet-build.ts';
import { deliverFleet } from '../../src/workflows/fleet-deliver.ts';
import { loadFleet } from '../../src/workflows/fleet-files.ts';
import { seededRandom } from '../../test/soak/seeded-random.ts';
import { pushImage } from '../../test/support/push-image.ts';
import { commonImages, releaseImages } from './release-images.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, sites: { type: 'string', default: '200' } },
});
const seed = Number(values.seed);
const profiles = 12;
const releases = 3;
/** Of sites that are not reached while a release is brought out. */
const missShare = 0.1;
const { signal } = new AbortController();
const folder = await mkdtemp(join(tmpdir(), 'palette-edge-fleet-'));
const server = await startRegistryServer({ content: createFolderRegistry(join(folder, 'registry')) });
try {
  console.log(
    '| release | sites reached | bundles | full ones, MB | delta bundles, MB | ÷ | to a site, KB: median | largest |',
  );
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- |');
  const random = seededRandom(seed);
  for (let release = 1; release <= releases; release += 1) {
    for (const { repository, blobs, root } of releaseImages(release, seed))
      await pushImage({ origin: server.origin, repository }, blobs, { root, tag: 'stable' });
    // Some sites are opened with the last release.
    const sites = release < releases ? Math.floor(Number(values.sites) * 0.95) : Number(values.sites);
    const path = await writeFleet(sites);
    const result = await build(path);
    const reached = [...sitesOf(result)].filter(() => release === 1 || !random.chance(missShare));
    printRow(release, result, reached);
    await deliverFleet(await loadFleet(path), reached);
  }
} finally {
  await server.close();
  await rm(folder, { recursive: true });
}

/** Sites take profiles in turn; every profile has the common images, and four of its own and of its neighbours. */
async function writeFleet(sites: number): Promise<string> {
  const path = join(folder, 'fleet.yaml');
  const image = (index: number): string => `${server.host}/fleet/image-${index}:stable`;
  const contents = Array.from({ length: profiles }, (_each, profile) => ({
    name: `profile-${profile}`,
    images: [
      ...Array.from({ length: commonImages }, (_image, index) => image(index)),
      ...Array.from({ length: 4 }, (_image, index) => image(commonImages + ((profile * 3 + index) % 32))),
    ],
  }));
  const groups = contents.map(({ name: content }, profile) => ({
    name: content,
    content,
    sites: Array.from({ length: sites }, (_site, index) => index)
      .filter((index) => index % profiles === profile)
      .map((index) => `site-${index}`),
  }));
  // JSON is YAML.
  await writeFile(path, JSON.stringify({ fleetVersion: 1, contents, groups }, undefined, 1));
  return path;
}

async function build(path: string): Promise<FleetBuildResult> {
  const flags = {
    concurrency: 6,
    'cred-file-path': undefined,
    'plain-http': [server.host],
    insecure: [],
    'ca-cert': [],
    'cert-dir': undefined,
    'max-rate': undefined,
    mirror: [],
    'registries-file': false,
    store: [join(folder, 'store')],
  } as const;
  const config = { cacheDir: join(folder, 'cache'), bin: 'palette-edge', version: '0.0.0' };
  const result = await buildFleet(
    await loadFleet(path),
    { only: [], parallel: 2 },
    {
      openBuild: async () => {
        const wiring = await wireBuild(flags, config, () => undefined);
        const listener = { onPhase: () => undefined, onBytes: () => undefined };
        const iso = { xorriso: undefined, hasher: wiring.resources.hasher, listener };
        return {
          resources: { build: wiring.resources, iso },
          [Symbol.asyncDispose]: async () => await wiring[Symbol.asyncDispose](),
        };
      },
      inputOf: async (bundle) => await fleetInput(bundle, path, signal),
      scratch: folder,
      onBundle: () => undefined,
      signal,
    },
  );
  const failed = result.bundles.find(({ outcome }) => outcome === 'failed');
  if (failed !== undefined) throw new Error(`${failed.name}: ${failed.failure?.message}`);
  return result;
}

function sitesOf({ bundles }: FleetBuildResult): Set<string> {
  return new Set(bundles.flatMap(({ sites, outcome }) => (outcome === 'current' ? [] : sites)));
}

function printRow(release: number, { bundles }: FleetBuildResult, reached: readonly string[]): void {
  const isReached = new Set(reached);
  const fullBytes = new Map(
    bundles.flatMap(({ name, built }) => (built?.chain === 0 ? [[name, built.bytes] as const] : [])),
  );
  const perSite: number[] = [];
  let full = 0;
  for (const { name, sites, built } of bundles) {
    const count = sites.filter((site) => isReached.has(site)).length;
    full += count * (fullBytes.get(name.replace(/-from-.*/, '')) ?? 0);
    perSite.push(...Array.from({ length: count }, () => built?.bytes ?? 0));
  }
  const sorted = perSite.toSorted((left, right) => left - right);
  const sent = sorted.reduce((sum, bytes) => sum + bytes, 0);
  const deltas = bundles.filter(({ built }) => (built?.chain ?? 0) > 0).length;
  const cells = [
    release,
    reached.length,
    `${fullBytes.size} full, ${deltas} delta`,
    (full / 1e6).toFixed(1),
    (sent / 1e6).toFixed(1),
    (sent / full).toFixed(3),
    ((sorted[sorted.length >> 1] ?? 0) / 1000).toFixed(0),
    ((sorted.at(-1) ?? 0) / 1000).toFixed(0),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
