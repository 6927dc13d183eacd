import { createInterface } from 'node:readline';

import { PaletteEdgeError } from '../../src/errors.ts';
import { BlobStore } from '../../src/store/blob-store.ts';
import type { IngestReport } from '../../src/store/blob-store.ts';
import { identityOf, seededBytes } from './seeded-blob.ts';
import type { SeededBlob } from './seeded-blob.ts';

/** What an ingesting process is asked to do. */
export interface IngestJob {
  readonly folder: string;
  readonly blobs: readonly SeededBlob[];
  /** Waits for a line on stdin before each piece. */
  readonly isPaced?: boolean;
  /** The user to become, from root. */
  readonly user?: number;
}

/** What it tells on stdout, a line of JSON each. */
export interface IngestEvent {
  readonly seed: number;
  /** Where it began to receive. */
  readonly start?: number;
  /** Bytes received so far. */
  readonly received?: number;
  readonly report?: IngestReport;
  readonly failed?: Pick<PaletteEdgeError, 'code' | 'kind' | 'message' | 'suggestions'>;
}

export const pieceSize = 256 * 1024;

if (process.argv[1] === import.meta.filename) await main(JSON.parse(process.argv[2] ?? ''));

async function main(job: IngestJob): Promise<void> {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  if (job.user !== undefined) {
    process.setgid?.(job.user);
    process.setuid?.(job.user);
  }
  const store = await BlobStore.open(job.folder);
  const queue = [...job.blobs];
  const ingest = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      await ingestSeeded(store, next, async () =>
        job.isPaced === true ? void (await lines.next()) : undefined,
      );
    }
  };
  await Promise.all([ingest(), ingest(), ingest(), ingest()]);
  process.stdin.destroy();
}

async function ingestSeeded(store: BlobStore, blob: SeededBlob, turn: () => Promise<void>): Promise<void> {
  const { seed } = blob;
  const bytes = seededBytes(blob);
  async function* from(start: number) {
    for (let position = start; position < bytes.length; position += pieceSize) {
      await turn();
      yield bytes.subarray(position, position + pieceSize);
    }
  }
  let received = 0;
  try {
    const report = await store.ingestFrom(
      identityOf(bytes),
      async (start) => {
        tell({ seed, start });
        return await Promise.resolve(from(start));
      },
      {
        onBytes: (count) => {
          received += count;
          tell({ seed, received });
        },
      },
    );
    tell({ seed, report });
  } catch (error) {
    if (!(error instanceof PaletteEdgeError)) throw error;
    const { code, kind, message, suggestions } = error;
    tell({ seed, failed: { code, kind, message, suggestions } });
  }
}

function tell(event: IngestEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}
