import { join } from 'node:path';

import { fallbackTag } from '../../src/oci/companion-tags.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { parseReference } from '../../src/oci/reference.ts';
import type { Mirrors } from '../../src/registry/route.ts';
import { BlobStore } from '../../src/store/blob-store.ts';
import type { ImageSignatureRule } from '../../src/trust/image-signature-keys.ts';
import { checkImageSignatures } from '../../src/workflows/check-image-signatures.ts';
import type { ImageToCheck } from '../../src/workflows/check-image-signatures.ts';
import { imageSigner } from '../support/image-signatures.ts';
import { pullingClient } from '../support/pulling-client.ts';
import { addImage, addIndex, MemoryBlobs } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Whose signatures count. */
export const signer = imageSigner('ecdsa', 'cosign.pub');

/** Whose signatures do not. */
export const stranger = imageSigner('ecdsa', 'stranger.pub');

/** The digest of no image that is here. */
export const other = digestOf('another image');

/** An index with two platforms; nothing of it is signed. */
export function sampleIndex() {
  const blobs = new MemoryBlobs();
  const amd64 = addImage(blobs, 'amd64');
  const arm64 = addImage(blobs, 'arm64', { platform: { os: 'linux', architecture: 'arm64' } });
  return { blobs, amd64, root: addIndex(blobs, [amd64, arm64]) };
}

/** An image as checking takes it. */
export function toCheck(name: string, root: Descriptor): ImageToCheck {
  const { mediaType, digest, size } = root;
  return {
    reference: parseReference(name),
    name,
    origins: [{ kind: 'flag' }],
    graph: { root: { mediaType, digest, size } },
  };
}

/** The tag under which cosign puts signatures of an image. */
export function signatureTag({ digest }: Descriptor): string {
  return `${fallbackTag(digest)}.sig`;
}

export interface CheckOptions {
  readonly rules?: readonly ImageSignatureRule[];
  readonly mirrors?: Mirrors;
  readonly signal?: AbortSignal;
}

/** Checks images, with a store of its own. */
export async function checkSignatures(images: readonly ImageToCheck[], options: CheckOptions = {}) {
  const { rules = [{ prefix: undefined, keys: [signer.key] }], mirrors } = options;
  const { client } = pullingClient({ mirrors });
  const store = await BlobStore.open(join(await temporaryFolder(), 'store'));
  const { signal = new AbortController().signal } = options;
  const context = { registry: client, store, signal, received: { bytes: 0 } };
  const { failures, signatures, images: kept } = await checkImageSignatures(images, rules, context);
  const errors = failures.map(({ error }) => error);
  return { names: kept.map(({ name }) => name), failures, errors, signatures };
}
