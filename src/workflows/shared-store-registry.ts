import { PaletteEdgeError } from '../errors.ts';
import { onePiece } from '../oci/one-piece.ts';
import type { BlobReader } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import { formatRepository } from '../oci/reference.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import type { RegistryPusher } from '../registry/registry-pusher.ts';
import { emptyConfig, keepingManifests } from '../store-sharing/keeping-manifests.ts';
import type { KeepingManifest } from '../store-sharing/keeping-manifests.ts';
import type { SharedStore } from '../store-sharing/shared-store.ts';
import type { SharedRepository } from '../store-sharing/shared-store-url.ts';

/** Who reads from a registry that blobs are shared in, and who writes to it: without mirrors, which have something else. */
export interface SharedRegistryParts {
  readonly client: RegistryClient;
  readonly pusher: RegistryPusher;
}

/**
 * A repository as a shared store. Everything is a blob there, manifests and indexes as well: so they need not be complete for the registry
 * to take them, and platforms that nobody asked for need not be there. An upload is visible once the registry has checked its digest
 * (distribution-spec 1.1, "Pushing a blob").
 */
export function sharedRegistry(
  repository: SharedRepository,
  { client, pusher }: SharedRegistryParts,
): SharedStore {
  const blobs = client.blobs(repository);
  const pushBlob = async (blob: BlobIdentity, source: BlobReader, signal: AbortSignal): Promise<number> => {
    if (await pusher.hasBlob(repository, blob, signal)) return 0;
    // As a range: the registry hashes what it gets.
    const report = await pusher.pushBlob({
      repository,
      blob,
      open: async (range) => await source.open(blob, { range: range ?? { start: 0 }, signal }),
      signal,
    });
    return report.bytesSent;
  };
  return {
    name: `oci://${formatRepository(repository)}`,
    check: async (signal) => {
      await blobs.sizeOf(emptyConfig.descriptor.digest, signal).catch(sizeUntold);
    },
    sizeOf: async (digest, signal) => await blobs.sizeOf(digest, signal).catch(sizeUntold),
    open: async (blob, options) => await blobs.open(blob, options),
    // A registry keeps what it has by a digest: a replacement would be thrown away.
    put: async ({ blob, source, isReplacement }, signal) =>
      isReplacement ? 0 : await pushBlob(blob, source, signal),
    keep: async (kept, signal) => {
      const missing: KeepingManifest[] = [];
      for (const manifest of keepingManifests(kept)) {
        const there = await pusher.findManifest(repository, { tag: manifest.tag }, signal);
        if (there !== manifest.descriptor.digest) missing.push(manifest);
      }
      if (missing.length > 0) await pushBlob(emptyConfig.descriptor, emptyConfigReader, signal);
      for (const { tag, ...manifest } of missing)
        await pusher.putManifest({ repository, target: { tag } }, manifest, signal);
    },
  };
}

const emptyConfigReader: BlobReader = {
  sizeOf: async () => await Promise.resolve(emptyConfig.bytes.length),
  open: async (_blob, { range } = {}) =>
    await Promise.resolve(onePiece(emptyConfig.bytes.subarray(range?.start, range?.end))),
};

/** It has the blob, and does not say how large it is: whoever takes it will see. */
function sizeUntold(error: unknown): undefined {
  if (!(error instanceof PaletteEdgeError) || error.code !== 'BLOB_SIZE_UNKNOWN') throw error;
}
