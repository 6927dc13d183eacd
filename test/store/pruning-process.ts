import { PaletteEdgeError } from '../../src/errors.ts';
import { BlobStore } from '../../src/store/blob-store.ts';
import { pruneStore } from '../../src/store/prune-store.ts';
import { seededRandom } from '../soak/seeded-random.ts';
import type { SeededRandom } from '../soak/seeded-random.ts';
import { allBytes, identityOf, inPieces, seededBytes } from './seeded-blob.ts';

/** What a process does over and over until it is killed: build from a store as a build does, or prune it. */
export interface PruningJob {
  readonly folder: string;
  readonly role: 'build' | 'prune';
  readonly seed: number;
  /** How many blobs there are to choose from: blob n has seed n. */
  readonly blobs: number;
}

/** What it tells on stdout after each round, a line of JSON each. */
export interface PruningEvent {
  readonly role: PruningJob['role'];
  /** Blobs that were found, and so need not be pulled. */
  readonly found: number;
  readonly pulled: number;
  readonly removed: number;
  /** Blobs that were there, and were not when they were read; errors of any kind. */
  readonly failures: readonly string[];
}

const blobSize = 20_000;

if (process.argv[1] === import.meta.filename) await main(JSON.parse(process.argv[2] ?? ''));

async function main(job: PruningJob): Promise<void> {
  const random = seededRandom(job.seed);
  for (;;) {
    const event = job.role === 'build' ? await build(job, random) : await prune(job, random);
    process.stdout.write(`${JSON.stringify(event)}\n`);
  }
}

/** Looks what is there, pulls the rest, and reads everything, as what it was found to be. */
async function build({ folder, blobs }: PruningJob, random: SeededRandom): Promise<PruningEvent> {
  const failures: string[] = [];
  let found = 0;
  let pulled = 0;
  await using store = await BlobStore.open(folder);
  const contents = Array.from({ length: 12 }, () => random.integer(1, blobs)).map((seed) =>
    seededBytes({ seed, size: blobSize }),
  );
  const told = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      failures.push(error instanceof PaletteEdgeError ? `${error.code}: ${error.message}` : String(error));
    }
  };
  const missing: Buffer[] = [];
  await Promise.all(
    contents.map(
      async (bytes) =>
        await told(async () => {
          if ((await store.sizeOf(identityOf(bytes).digest)) === undefined) missing.push(bytes);
          else found += 1;
        }),
    ),
  );
  for (const bytes of missing) {
    await told(async () => {
      const { received } = await store.ingestFrom(
        identityOf(bytes),
        async (start) => await Promise.resolve(inPieces(bytes.subarray(start), 4096)),
      );
      if (received > 0) pulled += 1;
    });
  }
  for (const bytes of contents) {
    await told(async () => {
      const read = await allBytes(await store.open(identityOf(bytes), { range: { start: 0 } }));
      if (!read.equals(bytes)) failures.push('other bytes');
    });
  }
  return { role: 'build', found, pulled, removed: 0, failures };
}

async function prune({ folder, blobs }: PruningJob, random: SeededRandom): Promise<PruningEvent> {
  const maximumBytes = random.integer(0, (blobs * blobSize) / 2);
  const request = { maximumBytes, isDryRun: false };
  const { removed } = await pruneStore(folder, request, new AbortController().signal);
  return { role: 'prune', found: 0, pulled: 0, removed: removed.length, failures: [] };
}
