import type { BlobRange } from '../../src/oci/blob-access.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { pushingClient } from '../support/pushing-client.ts';
import type { PushingClientOptions } from '../support/pushing-client.ts';
import { noise } from '../support/sample-bundle.ts';
import { startUploadServer } from '../support/upload-server.ts';
import type { UploadServerOptions } from '../support/upload-server.ts';

/** What is uploaded: three million bytes of noise. */
export const content = noise(3_000_000, 1);

/** The blob of {@link content}. */
export const blob = { digest: digestOf(content), size: content.length };

/** Opens the content, as a store would. */
export const open = async (range?: BlobRange) => await Promise.resolve(pieces(range));

/** The content, or a range of it, in pieces. */
export async function* pieces({ start, end = content.length }: BlobRange = { start: 0 }) {
  for (let at = start; at < end; at += 100_000)
    yield await Promise.resolve(content.subarray(at, Math.min(at + 100_000, end)));
}

/** Pushes the blob to a server of its own. */
export async function upload(options: UploadServerOptions & PushingClientOptions = {}, mountFrom?: string) {
  const server = await startUploadServer(options);
  const { pusher, retries } = pushingClient(options);
  let told = 0;
  const repository = { registry: server.host, repository: 'org/app' };
  const pushing = pusher.pushBlob({
    repository,
    blob,
    mountFrom,
    open,
    onBytes: (count) => {
      told += count;
    },
  });
  // Whoever does not wait for it looks at the server only.
  pushing.catch(() => undefined);
  return { ...server, pushing, retries, told: () => told };
}

/** The methods of the requests that a server got. */
export const methods = ({ requests }: { readonly requests: readonly { readonly method: string }[] }) =>
  requests.map(({ method }) => method);
