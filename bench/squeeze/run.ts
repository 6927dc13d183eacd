/**
 * How small a squeezed bundle is, what it takes to make it, and to have the original layers again; beside streams of zstd and peers, on the images
 * of bench/pull. README.md says how to read the tables that it prints.
 *
 *   npm run build && npx node bench/squeeze/run.ts [--max]
 *
 *   --max                 effort max and zstd -19, too
 *   --only max            only this effort and the stream of zstd that is no smaller: fast -3, balanced -9, max -19
 *   --gb 2                so many gigabytes of images
 *   --image-count 3       only the first of them
 *   --no-peers            only ours and zstd
 *   --no-streams          no zstd either: its level -19 takes longer than all else
 *   --palette-edge FILE   another bin/run.js in our place
 *   --cache DIR           of bench/pull; peers are looked for in DIR/bin, then on the PATH
 *
 * With 2 GB on two processors: about three quarters of an hour, with --max some two hours. A program that takes more than an hour, or six with --max,
 * ends it. Needs 15 GB of disk in the cache, and what bench/pull and scripts/required-tools.json name.
 */
import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { startBenchRegistry } from '../pull/bench-registry.ts';
import { blobsOf, imageSet } from '../pull/image-set.ts';
import { pushImage } from '../pull/push-image.ts';
import { layersOf } from './bench-place.ts';
import type { BenchPlace } from './bench-place.ts';
import { copyServed } from './copy-served.ts';
import { peerRows, streamRow } from './size-rows.ts';
import type { SizeRow } from './size-rows.ts';
import { backTable, sizeTable } from './size-table.ts';
import type { BackRow } from './size-table.ts';
import { buildPlain, squeeze, unsqueeze } from './squeeze-runs.ts';
import type { MadeBundle, SqueezedBundle } from './squeeze-runs.ts';
import { tarSize } from './tar-size.ts';

const { values } = parseArgs({
  options: {
    max: { type: 'boolean', default: false },
    only: { type: 'string' },
    gb: { type: 'string', default: '2' },
    'image-count': { type: 'string' },
    'no-peers': { type: 'boolean', default: false },
    'no-streams': { type: 'boolean', default: false },
    'palette-edge': { type: 'string', default: fileURLToPath(new URL('../../bin/run.js', import.meta.url)) },
    cache: { type: 'string', default: join(tmpdir(), 'palette-edge-bench') },
  },
});
const { cache } = values;
const hour = 3600;
/** What the long window and the tars are worth. */
const shortStreams = [
  { name: 'zstd -3 of the tars', options: '-3', reader: 'gzip -dc' },
  { name: 'zstd -3 of the gzip layers', options: '-3', reader: 'cat' },
] as const;
/** Efforts, and the level of zstd that each is held against. */
const levels = new Map([
  ['fast', '-3'],
  ['balanced', '-9'],
  ['max', '-19'],
]);
const efforts = [...levels.keys()].filter((effort) =>
  values.only === undefined ? effort !== 'max' || values.max : effort === values.only,
);

const set = await imageSet(cache, Number(values.gb) * 1e9);
const images = set.images.slice(0, Number(values['image-count'] ?? set.images.length));
const layers = layersOf(images);
const gzipBytes = layers.reduce((sum, { size }) => sum + size, 0);
const tarSizes = await Promise.all(layers.map(async ({ digest }) => await tarSize(blobPath(digest))));
const tarBytes = tarSizes.reduce((sum, size) => sum + size, 0);
const registry = await startBenchRegistry(join(cache, 'registry'));
const place: BenchPlace = {
  work: join(cache, 'squeeze'),
  path: [join(cache, 'bin'), process.env['PATH']].join(delimiter),
  ours: `${process.execPath} ${values['palette-edge']}`,
  host: registry.host,
  blobs: join(cache, 'blobs'),
  images,
  tarBytes,
  limit: efforts.includes('max') ? 6 * hour : hour,
};
try {
  const sizes = [gzipBytes, tarBytes].map((bytes) => (bytes / 1e6).toFixed(0));
  const counts = `${images.length} images, ${blobsOf(images).size} blobs, ${layers.length} layers`;
  console.log(`${counts}: ${sizes[0]} MB of gzip, ${sizes[1]} MB of tar. Set ${set.digest}`);
  console.log(`Node ${process.versions.node}, ${availableParallelism()} processors`);
  for (const image of images) await pushImage({ host: registry.host, blobs: place.blobs }, image);
  await rm(place.work, { recursive: true, force: true });
  await mkdir(place.work, { recursive: true });
  await measure();
} finally {
  await registry.stop();
  await rm(place.work, { recursive: true, force: true });
}

function blobPath(digest: string): string {
  return join(cache, 'blobs', digest);
}

async function measure(): Promise<void> {
  const plain = await buildPlain(place);
  const squeezed: SqueezedBundle[] = [];
  for (const effort of efforts) squeezed.push(await squeeze(place, plain, effort));
  const rows: SizeRow[] = [
    { name: 'the gzip layers', bytes: gzipBytes },
    plain,
    ...squeezed.map((bundle) => ({ ...bundle, readsTars: true })),
    ...(await besideUs()),
  ];
  const compared = efforts.includes('balanced') ? 'balanced' : (efforts[0] ?? '');
  const ours = squeezed.find(({ name }) => name.endsWith(` ${compared}`));
  const beside = { gzipBytes, tarBytes, ours: { effort: compared, bytes: ours?.bytes ?? Number.NaN } };
  console.log(`\n${sizeTable(rows, beside)}`);
  for (const line of reportLines(ours?.report)) console.log(line);
  const back: BackRow[] = [{ name: 'the plain bundle', served: await copyServed(place, plain) }];
  for (const bundle of squeezed) back.push(await wayBack(plain, bundle));
  console.log(`\n${backTable(back, tarBytes)}`);
}

async function besideUs(): Promise<SizeRow[]> {
  const long = efforts.map((effort) => `${levels.get(effort)} --long=27`);
  const streams = [
    ...long.map((options) => ({ name: `zstd ${options} of the tars`, options, reader: 'gzip -dc' }) as const),
    ...(values.only === undefined ? shortStreams : []),
  ];
  const rows: SizeRow[] = [];
  if (!values['no-streams']) for (const stream of streams) rows.push(await streamRow(place, stream));
  return values['no-peers'] ? rows : [...rows, ...(await peerRows(place, ['skopeo', 'hauler', 'zarf']))];
}

async function wayBack(plain: MadeBundle, bundle: SqueezedBundle): Promise<BackRow> {
  const unsqueezed = await unsqueeze(place, plain, bundle);
  return { name: bundle.name, unsqueezed, served: await copyServed(place, bundle) };
}

/** Who wrote the layers, and which are kept. */
function reportLines(report: SqueezedBundle['report'] | undefined): string[] {
  if (report === undefined) return [];
  const count = ({ layers: number, bytes }: { layers: number; bytes: number }): string =>
    `${number} layers, ${(bytes / 1e6).toFixed(1)} MB`;
  return [
    '',
    ...report.encoders.map((each) => `- written by ${each.encoder}: ${count(each)}`),
    ...report.kept.map((each) => `- kept, ${each.reason}: ${count(each)}`),
  ];
}
