/**
 * How small a delta bundle is, and what making and applying it takes: version 1 of the images of bench/pull is at the site, version 2 is wanted.
 * README.md says how to read the tables that it prints.
 *
 *   npm run build && npx node bench/delta/run.ts
 *
 *   --gb 2                so many gigabytes of images
 *   --image-count 3       only the first of them
 *   --palette-edge FILE   another bin/run.js in our place
 *   --cache DIR           of bench/pull
 *
 * With --image-count 2 it takes some minutes; all of it, most of which is squeezing, about half an hour on two processors. A program that takes more than an
 * hour ends it. Needs 20 GB of disk in the cache, Go, the lists of apt, and what bench/pull and
 * scripts/required-tools.json name.
 */
import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { startBenchRegistry } from '../pull/bench-registry.ts';
import { blobsOf } from '../pull/image-set.ts';
import { pushImage } from '../pull/push-image.ts';
import { layersOf } from '../squeeze/bench-place.ts';
import { tarSize } from '../squeeze/tar-size.ts';
import { applyDelta, buildBundle, squeezeBundle } from './delta-runs.ts';
import type { DeltaPlace, MadeFile } from './delta-runs.ts';
import { applyTable, deltaTable } from './delta-table.ts';
import { patchFromFiles, patchFromTars } from './patch-from.ts';
import { twoVersions } from './two-versions.ts';

const { values } = parseArgs({
  options: {
    gb: { type: 'string', default: '2' },
    'image-count': { type: 'string' },
    'palette-edge': { type: 'string', default: fileURLToPath(new URL('../../bin/run.js', import.meta.url)) },
    cache: { type: 'string', default: join(tmpdir(), 'palette-edge-bench') },
  },
});
const { cache } = values;
const blobs = join(cache, 'blobs');

const versions = await twoVersions(cache, {
  leastBytes: Number(values.gb) * 1e9,
  imageCount: values['image-count'] === undefined ? undefined : Number(values['image-count']),
});
const registry = await startBenchRegistry(join(cache, 'registry'));
const place: DeltaPlace = {
  work: join(cache, 'delta'),
  path: [join(cache, 'bin'), process.env['PATH']].join(delimiter),
  ours: `${process.execPath} ${values['palette-edge']}`,
  host: registry.host,
  blobs,
  limit: 3600,
};
try {
  await rm(place.work, { recursive: true, force: true });
  await mkdir(place.work, { recursive: true });
  await describe();
  await measure();
} finally {
  await registry.stop();
  await rm(place.work, { recursive: true, force: true });
}

async function describe(): Promise<void> {
  const { before, after, updates } = versions;
  const layers = layersOf(after);
  const tars = await Promise.all(layers.map(async ({ digest }) => await tarSize(join(blobs, digest))));
  const megabytes = [sum(layers.map(({ size }) => size)), sum(tars)].map((bytes) => (bytes / 1e6).toFixed(0));
  console.log(
    `${after.length} images, ${layers.length} layers: ${megabytes[0]} MB of gzip, ${megabytes[1]} MB of tar`,
  );
  console.log(`Node ${process.versions.node}, ${availableParallelism()} processors`);
  console.log(`${updates.length} packages of the base layer are updated:`);
  for (const update of updates) console.log(`- ${update}`);
  const [old, wanted] = [blobsOf(before), blobsOf(after)];
  console.log(
    `${[...wanted.keys()].filter((digest) => !old.has(digest)).length} of ${wanted.size} blobs are new`,
  );
}

/** Tags are the same in both versions, as those of users: whoever builds version 1 does it before version 2 is pushed. */
async function measure(): Promise<void> {
  const { before, after } = versions;
  await push('before');
  const old = await buildBundle(place, 'version 1', { images: before });
  await push('after');
  const plain = await buildBundle(place, 'palette-edge build', { images: after });
  const squeezed = await squeezeBundle(place, plain);
  const delta = await buildBundle(place, 'palette-edge build --base', { images: after, base: old });
  const beside: MadeFile[] = [
    { name: 'blobs that are new', bytes: newBytes() },
    await patchFromFiles(place, old, plain),
    await patchFromTars(place, versions),
  ];
  console.log(`\n${deltaTable([plain, squeezed, delta, ...beside], { plain, squeezed })}`);
  console.log(`\n${applyTable(await applyDelta(place, { old, delta, plain }))}`);
}

async function push(version: 'before' | 'after'): Promise<void> {
  for (const image of versions[version]) await pushImage({ host: registry.host, blobs }, image);
}

/** What a tool carries that knows blobs only: oc-mirror, differential packages of zarf. */
function newBytes(): number {
  const old = blobsOf(versions.before);
  return sum([...blobsOf(versions.after)].flatMap(([digest, size]) => (old.has(digest) ? [] : [size])));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
