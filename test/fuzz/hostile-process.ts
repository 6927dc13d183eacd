import { tmpdir } from 'node:os';
// Reads a bundle in some ways in a process of its own: node --expose-gc test/fuzz/hostile-process.ts BUNDLE FOLDER WAY...
// What it used of memory is told, too. Whoever starts it bounds its time.
import { createReadStream } from 'node:fs';
import { join } from 'node:path';

import { PaletteEdgeError } from '../../src/errors.ts';
import { extractBundle } from '../../src/workflows/extract-bundle.ts';
import { inspectBundle } from '../../src/workflows/inspect-bundle.ts';
import { serveBundles } from '../../src/workflows/serve-bundles.ts';
import { verifyBundle } from '../../src/workflows/verify-bundle.ts';
import { peakMemory } from '../support/peak-memory.ts';

/** Ways to read a bundle: commands, `stream` being `extract` from standard input. */
export const readingWays = ['inspect', 'verify', 'serve', 'extract', 'stream'] as const;

type ReadingWay = (typeof readingWays)[number];

/** What reading a bundle told. */
export interface HostileReport {
  /** How each way ended: the code of the error, `damaged` when problems were told of, or `whole`. */
  readonly ends: Readonly<Partial<Record<ReadingWay, string>>>;
  /** The most that the process had in memory, in MiB. */
  readonly peak: number;
}

if (process.argv[1] === import.meta.filename) {
  const [, , path = '', folder = '', ...ways] = process.argv;
  process.stdout.write(JSON.stringify(await readInWays(path, folder, ways)));
}

async function readInWays(path: string, folder: string, ways: readonly string[]): Promise<HostileReport> {
  const { signal } = new AbortController();
  const listener = { onStart: () => undefined, onBytes: () => undefined };
  const extract = async (name: string, stream?: AsyncIterable<Uint8Array>) =>
    await extractBundle({ path, stream }, { kind: 'all', folder: join(folder, name) }, { listener, signal });
  const reading: Readonly<Record<ReadingWay, () => Promise<unknown>>> = {
    inspect: async () => await inspectBundle(path),
    verify: async () => (await verifyBundle(path, listener, signal)).problems,
    serve: async () => (await serveOnce(path)).warnings,
    extract: async () => await extract('extracted'),
    stream: async () => await extract('streamed', createReadStream(path)),
  };
  const ends: Partial<Record<ReadingWay, string>> = {};
  for (const way of readingWays) if (ways.includes(way)) ends[way] = await endOf(reading[way]);
  return { ends, peak: Math.round(peakMemory('self') / 2 ** 20) };
}

async function endOf(read: () => Promise<unknown>): Promise<string> {
  // What one way left behind is not to be counted for the next.
  globalThis.gc?.();
  try {
    const told = await read();
    return Array.isArray(told) && told.length > 0 ? 'damaged' : 'whole';
  } catch (error) {
    if (error instanceof PaletteEdgeError) return error.code;
    throw error;
  }
}

async function serveOnce(path: string) {
  const controller = new AbortController();
  return await serveBundles(
    { paths: [path], address: '127.0.0.1', port: 0, restored: { folder: tmpdir(), limit: 2 ** 30 } },
    {
      onStart: () => controller.abort(),
      onRequest: () => undefined,
      onFailure: () => undefined,
      onStop: () => undefined,
    },
    controller.signal,
  );
}
