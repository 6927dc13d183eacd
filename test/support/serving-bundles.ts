import { tmpdir } from 'node:os';

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import type { RequestRecord } from '../../src/registry-server/registry-handler.ts';
import { serveBundles } from '../../src/workflows/serve-bundles.ts';
import type { ServeInput, Serving } from '../../src/workflows/serve-bundles.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Serves bundles in this process, on a free port of loopback; it ends with the running test. */
export async function servingBundles(paths: readonly string[], input: Partial<ServeInput> = {}) {
  const controller = new AbortController();
  const started = Promise.withResolvers<Serving>();
  const records: RequestRecord[] = [];
  const failures: unknown[] = [];
  const ended = serveBundles(
    { paths, address: '127.0.0.1', port: 0, restored: { folder: tmpdir(), limit: 2 ** 30 }, ...input },
    {
      onStart: started.resolve,
      onRequest: (record) => records.push(record),
      onFailure: (error) => failures.push(error),
      onStop: () => undefined,
    },
    controller.signal,
  );
  ended.catch((error: unknown) => started.reject(error));
  const serving = await started.promise;
  const stop = async () => {
    controller.abort();
    return await ended;
  };
  onTestFinished(async () => void (await stop()));
  const send = async (path: string, init?: RequestInit) =>
    await fetch(new URL(path, `http://${serving.host}`), init);
  return { ...serving, records, failures, send, stop };
}

/** Writes a bundle into a folder of the running test. @returns its path */
export async function bundleFile(bytes: Uint8Array, name = 'bundle.tar.zst'): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, bytes);
  return path;
}
