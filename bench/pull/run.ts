/**
 * Our build beside its peers: one .tar.zst of a set of images made from Debian packages, from an empty state, and again after one of
 * the images got another layer. README.md says how to read the tables that it prints.
 *
 *   npm run build && npx node bench/pull/run.ts [--link loopback|shaped] [--runs 3] [--gb 2]
 *
 *   --round-trip 20 --rate 100   the shaped link: milliseconds, Mbit/s
 *   --only crane --only oras     only these peers beside ours
 *   --palette-edge FILE          another bin/run.js in our place
 *   --cache DIR                  packages, layers, the registry's storage; peers are looked for in DIR/bin, then on the PATH
 *   --prepare                    only fill the cache
 *
 * Needs Debian's apt-get (after apt-get update) and dpkg-deb, curl, and what scripts/required-tools.json lists.
 */
import { execFile } from 'node:child_process';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parseArgs, promisify } from 'node:util';

import { digestHex, digestOf } from '../../src/oci/digest.ts';
import { startBenchRegistry } from './bench-registry.ts';
import { contestants } from './contestants.ts';
import type { Contestant, Job } from './contestants.ts';
import { blobBytes, blobsOf, imageSet } from './image-set.ts';
import type { BenchImage } from './image-set.ts';
import { loopbackLink, measureLink, shapedLink } from './links.ts';
import { measuredRun } from './measured-run.ts';
import { imageReference, pushImage } from './push-image.ts';
import { table } from './table.ts';
import type { Outcome } from './table.ts';

const runFile = promisify(execFile);
const { values } = parseArgs({
  options: {
    link: { type: 'string', default: 'loopback' },
    runs: { type: 'string', default: '3' },
    gb: { type: 'string', default: '2' },
    'round-trip': { type: 'string', default: '20' },
    rate: { type: 'string', default: '100' },
    only: { type: 'string', multiple: true },
    'palette-edge': { type: 'string' },
    cache: { type: 'string', default: join(tmpdir(), 'palette-edge-bench') },
    prepare: { type: 'boolean', default: false },
  },
});
const cache = values.cache;
const path = [join(cache, 'bin'), process.env['PATH']].join(delimiter);
const work = join(cache, 'work');

const set = await imageSet(cache, Number(values.gb) * 1e9);
const after = set.images.map((image) => (image.name === set.changed.name ? set.changed : image));
const payload = blobBytes(set.images);
const changedBytes = blobBytes(after) - payload;
const registry = await startBenchRegistry(join(cache, 'registry'));
const place = { host: registry.host, blobs: join(cache, 'blobs') };
for (const image of [...set.images, set.changed]) await pushImage(place, image);
const link = values.link === 'shaped' ? await shapedLink(registry, linkOptions()) : loopbackLink(registry);
try {
  const megabytes = [payload, changedBytes].map((bytes) => (bytes / 1e6).toFixed(0));
  console.log(
    `${set.images.length} images, ${blobsOf(set.images).size} blobs, ${megabytes[0]} MB; the change is ${megabytes[1]} MB. Set ${set.digest}`,
  );
  console.log(`Link: ${link.description}; ${await measureLink(largestBlobUrl())}`);
  if (!values.prepare) await compete();
} finally {
  await link.stop();
  await registry.stop();
}

function linkOptions() {
  return { roundTrip: Number(values['round-trip']), rate: Number(values.rate) };
}

function largestBlobUrl(): string {
  const layers = set.images.flatMap(({ name, layers: own }) =>
    own.map(({ digest, size }) => ({ name, digest, size })),
  );
  const [largest] = layers.toSorted((left, right) => right.size - left.size);
  return `http://${link.host}/v2/bench/${largest?.name}/blobs/${largest?.digest}`;
}

async function compete(): Promise<void> {
  const job = { host: link.host, references: set.images.map((image) => imageReference(link.host, image)) };
  const outcomes: Outcome[] = [];
  const present = await presentContestants();
  for (let turn = 0; turn < Number(values.runs); turn += 1) {
    for (const contestant of present) outcomes.push(...(await bothPhases(contestant, job, turn)));
    await writeFile(join(cache, `outcomes-${values.link}.json`), JSON.stringify(outcomes));
  }
  console.log(`\n${table(outcomes, { phase: 'cold', toPull: payload, payload })}`);
  console.log(`\n${table(outcomes, { phase: 'warm', toPull: changedBytes, payload: blobBytes(after) })}`);
}

/** Those that there are, ours first; says their versions, and who is missing. */
async function presentContestants(): Promise<Contestant[]> {
  const present: Contestant[] = [];
  for (const [index, contestant] of contestants(values['palette-edge']).entries()) {
    if (index > 0 && values.only?.includes(contestant.name) === false) continue;
    try {
      const { stdout } = await runFile('sh', ['-ec', contestant.version], {
        env: { ...process.env, PATH: path },
      });
      console.log(`${contestant.name}: ${stdout.trim().replaceAll(/\s*\n\s*/g, '; ')}`);
      present.push(contestant);
    } catch {
      console.log(`${contestant.name}: ${contestant.program} is not there`);
    }
  }
  return present;
}

/** @throws Error when the file that the contestant makes lacks a blob */
async function bothPhases(contestant: Contestant, job: Job, turn: number): Promise<Outcome[]> {
  await rm(work, { recursive: true, force: true });
  const folder = join(work, 'contestant');
  await mkdir(folder, { recursive: true });
  const files = { 'images.txt': `${job.references.join('\n')}\n`, ...contestant.files?.(job) };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  const outcomes: Outcome[] = [];
  for (const [phase, images] of [
    ['cold', set.images],
    ['warm', after],
  ] as const) {
    for (const image of images) if (image.name === set.changed.name) await pushImage(place, image);
    const output = join(folder, 'out.tar.zst');
    await rm(output, { force: true });
    const count = await link.startCount();
    const figures = await measuredRun(contestant.script(job), folder, path);
    const outcome = { ...figures, contestant: contestant.name, phase, turn, wire: await count() };
    outcomes.push({ ...outcome, output: (await stat(output)).size });
    console.error(`${turn + 1}: ${contestant.name}, ${phase}: ${figures.seconds.toFixed(1)} s`);
    await checkOutput(output, images);
  }
  await rm(work, { recursive: true, force: true });
  return outcomes;
}

async function checkOutput(output: string, images: readonly BenchImage[]): Promise<void> {
  const { stdout } = await runFile('sh', ['-c', 'zstd -dc "$1" | tar -tf -', 'sh', output], {
    maxBuffer: 64e6,
  });
  const names = new Set(stdout.split('\n').map((name) => name.split('/').at(-1)));
  const needed = images.flatMap(({ manifest, config, layers }) => [
    ...[manifest, config].map((bytes) => digestHex(digestOf(bytes))),
    ...layers.map(({ digest }) => digest.replace('sha256:', '')),
  ]);
  const missing = needed.filter((hex) => !names.has(hex));
  if (missing.length > 0) throw new Error(`${output} lacks ${missing.join(', ')}`);
}
