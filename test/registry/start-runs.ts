import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'vitest';

import { KeptUploads } from '../../src/workflows/kept-uploads.ts';
import { pushingClient } from '../support/pushing-client.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startUploadServer } from '../support/upload-server.ts';
import type { UploadExchange, UploadServerOptions } from '../support/upload-server.ts';
import { blob, content, pieces } from './upload.ts';

/** How large chunks are, in bytes. */
export const chunk = 500_000;

/** The error of a push that was interrupted. */
export const aborted = { name: 'AbortError' };

/** What the query of an upload has, and nobody may see. */
export const secret = 'a%2Bsecret~';

export type Behaviour = (exchange: UploadExchange) => void;

/** A server that does what it should. */
export const good: Behaviour = ({ serve }) => serve();

/** A registry that behaves as each run says, and the folder that they share. */
export async function startRuns(options: Omit<UploadServerOptions, 'behave'> = {}) {
  let behave = good;
  const server = await startUploadServer({
    locationOf: (path) => `${path}?_state=${secret}`,
    ...options,
    behave: (exchange) => behave(exchange),
  });
  const folder = join(await temporaryFolder(), 'uploads');
  const run = (
    behaviour: Behaviour = good,
    also: { isLasting?: boolean; mountFrom?: string; signal?: AbortSignal } = {},
  ) => {
    behave = behaviour;
    server.requests.length = 0;
    const chunks = { least: chunk, most: chunk };
    const { pusher, retries } = pushingClient({
      lasting: { records: new KeptUploads(folder), above: 1_000_000, chunks },
    });
    const told = { sent: 0, kept: 0 };
    const pushing = pusher.pushBlob({
      repository: { registry: server.host, repository: 'org/app' },
      blob,
      open: async (range) => await Promise.resolve(pieces(range)),
      onBytes: (count) => {
        told.sent += count;
      },
      onKept: (count) => {
        told.kept += count;
      },
      isLasting: true,
      ...also,
    });
    return { pushing, retries, told };
  };
  const ended = async (...args: Parameters<typeof run>) => {
    const { pushing, ...rest } = run(...args);
    return { ...rest, report: await pushing };
  };
  /** Stops in the middle of the fourth chunk. */
  const interrupted = async () => {
    const stop = new AbortController();
    const { pushing } = run(
      ({ request, round, serve }) => {
        serve();
        if (request.method !== 'PATCH' || round !== 4) return;
        request.once('data', () => {
          stop.abort();
          request.socket.destroy();
        });
      },
      { signal: stop.signal },
    );
    await expect(pushing).rejects.toMatchObject(aborted);
    const [name = ''] = await readdir(folder);
    return join(folder, name);
  };
  const methods = () => server.requests.map(({ method }) => method).join(' ');
  const hasAll = () => server.blobs.get(blob.digest)?.equals(content) === true;
  return { ...server, folder, run, ended, interrupted, methods, hasAll };
}
