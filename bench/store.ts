// What a store of many blobs costs: to hold, to verify beside sha256sum, to prune.
//
//   npm run build && npx node bench/store.ts [--blobs 10000] [--gb 4] [--runs 5]
//
// `--blobs` small ones are held and pruned, `--gb` of large ones are verified.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { digestHex, digestOf } from '../src/oci/digest.ts';
import { BlobStore } from '../src/store/blob-store.ts';
import { pruneStore } from '../src/store/prune-store.ts';
import { storedSize } from '../src/store/stored-size.ts';
import { seededBytes } from '../test/store/seeded-blob.ts';
import { median, timedRun } from './timed-run.ts';

const { values } = parseArgs({
  options: {
    blobs: { type: 'string', default: '10000' },
    gb: { type: 'string', default: '4' },
    runs: { type: 'string', default: '5' },
  },
});
const runs = Array.from({ length: Number(values.runs) }, (_, run) => run);
const tool = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const largeSize = 100_000_000;

const folder = await mkdtemp(join(tmpdir(), 'palette-edge-store-'));
try {
  await benchMany(join(folder, 'many'));
  await benchLarge(join(folder, 'large'));
} finally {
  await rm(folder, { recursive: true });
}

/** Looking for blobs with a lease, and without; pruning them all. */
async function benchMany(store: string): Promise<void> {
  const blobs = Array.from({ length: Number(values.blobs) }, (_, index) => Buffer.from(`blob ${index}`));
  const times = { held: [] as number[], looked: [] as number[], pruned: [] as number[] };
  for (const _ of runs) {
    await BlobStore.open(store);
    for (const bytes of blobs) await writeFile(blobPathOf(store, bytes), bytes);
    times.looked.push(
      await seconds(
        async () => await atOnce(blobs, async (bytes) => await storedSize(store, digestOf(bytes))),
      ),
    );
    const opened = await BlobStore.open(store);
    times.held.push(
      await seconds(async () => await atOnce(blobs, async (bytes) => await opened.sizeOf(digestOf(bytes)))),
    );
    await opened[Symbol.asyncDispose]();
    const request = { maximumBytes: 0, isDryRun: false };
    times.pruned.push(
      await seconds(async () => await pruneStore(store, request, new AbortController().signal)),
    );
  }
  console.log(`${blobs.length} blobs | seconds, median of ${runs.length}`);
  console.log(`| looked for, without a lease | ${median(times.looked).toFixed(2)} |`);
  console.log(`| looked for, with a lease | ${median(times.held).toFixed(2)} |`);
  console.log(`| pruned | ${median(times.pruned).toFixed(2)} |`);
}

/** Hashing all, in turns. */
async function benchLarge(store: string): Promise<void> {
  await BlobStore.open(store);
  const count = Math.ceil((Number(values.gb) * 1_000_000_000) / largeSize);
  for (let seed = 0; seed < count; seed += 1) {
    const bytes = seededBytes({ seed, size: largeSize });
    await writeFile(blobPathOf(store, bytes), bytes);
  }
  const threads = Math.min(4, availableParallelism());
  const contestants: readonly (readonly [name: string, command: readonly [string, ...string[]]])[] = [
    ['store verify', [process.execPath, tool, 'store', 'verify', '--store', store]],
    [`sha256sum, ${threads} at once`, ['sh', '-c', `ls | xargs -P ${threads} -n 1 sha256sum`]],
  ];
  const times = contestants.map(() => [] as number[]);
  for (const _ of runs) {
    for (const [index, [, command]] of contestants.entries())
      times[index]?.push(await timedRun(command, { cwd: join(store, 'blobs/sha256') }));
  }
  console.log(`${count * largeSize} bytes | seconds, median of ${runs.length}`);
  for (const [index, [name]] of contestants.entries())
    console.log(`| ${name} | ${median(times[index] ?? []).toFixed(2)} |`);
}

function blobPathOf(store: string, bytes: Buffer): string {
  return join(store, 'blobs/sha256', digestHex(digestOf(bytes)));
}

/** As the plan of a build looks for blobs. */
async function atOnce(blobs: readonly Buffer[], look: (bytes: Buffer) => Promise<unknown>): Promise<void> {
  const queue = [...blobs];
  const worker = async (): Promise<void> => {
    for (let bytes = queue.pop(); bytes !== undefined; bytes = queue.pop()) await look(bytes);
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
