// Reads a bundle in all ways in a process of its own: node test/fuzz/hostile-process.ts BUNDLE FOLDER
// What it used of memory is told, too. Whoever starts it bounds its time.
import { createReadStream } from 'node:fs';
import { join } from 'node:path';

import { PaletteEdgeError } from '../../src/errors.ts';
import { extractBundle } from '../../src/workflows/extract-bundle.ts';
import { inspectBundle } from '../../src/workflows/inspect-bundle.ts';
import { serveBundles } from '../../src/workflows/serve-bundles.ts';
import { verifyBundle } from '../../src/workflows/verify-bundle.ts';

/** How one way of reading ended: the code of the error, `damaged` when problems were told of, or `whole`. */
export type HostileEnd = string;

/** What reading a bundle in all ways told. */
export interface HostileReport {
  readonly ends: Readonly<Record<'inspect' | 'verify' | 'extract' | 'stream' | 'serve', HostileEnd>>;
  /** The most that the process had in memory, in MiB. */
  readonly peak: number;
}

if (process.argv[1] === import.meta.filename) {
  const [, , path = '', folder = ''] = process.argv;
  process.stdout.write(JSON.stringify(await readInAllWays(path, folder)));
}

async function readInAllWays(path: string, folder: string): Promise<HostileReport> {
  const { signal } = new AbortController();
  const listener = { onStart: () => undefined, onBytes: () => undefined };
  const extract = async (stream: AsyncIterable<Uint8Array> | undefined, name: string) =>
    await extractBundle(
      { path, ...(stream === undefined ? {} : { stream }) },
      { kind: 'all', folder: join(folder, name) },
      { listener, signal },
    );
  const ends = {
    inspect: await endOf(async () => await inspectBundle(path)),
    verify: await endOf(async () => (await verifyBundle(path, listener, signal)).problems),
    extract: await endOf(async () => await extract(undefined, 'extracted')),
    stream: await endOf(async () => await extract(createReadStream(path), 'streamed')),
    serve: await endOf(async () => (await serveOnce(path)).warnings),
  };
  return { ends, peak: Math.round(process.resourceUsage().maxRSS / 1024) };
}

async function endOf(read: () => Promise<unknown>): Promise<HostileEnd> {
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
    { paths: [path], address: '127.0.0.1', port: 0 },
    {
      onStart: () => controller.abort(),
      onRequest: () => undefined,
      onFailure: () => undefined,
      onStop: () => undefined,
    },
    controller.signal,
  );
}
