import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import type { Descriptor } from '../../src/oci/descriptor.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { createFolderRegistry } from '../../src/registry-server/folder-registry.ts';
import type { RequestRecord } from '../../src/registry-server/registry-handler.ts';
import { startRegistryServer } from '../../src/registry-server/start-registry-server.ts';
import type { RegistryServerOptions } from '../../src/registry-server/start-registry-server.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Starts our own registry with an empty folder; it ends with the running test. */
export async function runningRegistry(options: Partial<RegistryServerOptions> = {}) {
  const folder = await temporaryFolder();
  const content = createFolderRegistry(join(folder, 'registry'));
  const records: RequestRecord[] = [];
  const failures: unknown[] = [];
  const server = await startRegistryServer({
    content,
    onRequest: (record) => records.push(record),
    onFailure: (error) => failures.push(error),
    ...options,
  });
  onTestFinished(async () => await server.close());
  const origin = `http://${server.host}`;
  const send = async (path: string, init?: RequestInit) => await fetch(new URL(path, origin), init);
  return { ...server, origin, folder, content, records, failures, send };
}

export type RunningRegistry = Awaited<ReturnType<typeof runningRegistry>>;

/** Uploads a blob with one POST. */
export async function uploadBlob(
  { send }: Pick<RunningRegistry, 'send'>,
  content: string | Uint8Array,
  repository = 'org/app',
): Promise<Descriptor> {
  const bytes = new Uint8Array(Buffer.from(content));
  const digest = digestOf(bytes);
  const response = await send(`/v2/${repository}/blobs/uploads/?digest=${digest}`, {
    method: 'POST',
    body: bytes,
  });
  if (response.status !== 201) throw new Error(`${response.status}: ${await response.text()}`);
  return { digest, size: bytes.length, mediaType: 'application/octet-stream' };
}

/** The codes of an error answer. */
export async function errorCodes(response: Response): Promise<string[]> {
  const body: { errors: { code: string }[] } = JSON.parse(await response.text());
  return body.errors.map(({ code }) => code);
}

/** Asks for an upload until another request uses it. */
export async function untilBusy({ send }: Pick<RunningRegistry, 'send'>, location: string): Promise<void> {
  let status = 0;
  while (status !== 409) {
    const response = await send(location);
    await response.text();
    ({ status } = response);
  }
}
