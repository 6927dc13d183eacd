import { inventoryPath } from '../../src/bundle/inventory.ts';
import { blobHeader, encodeHead, paddingFor, tarEnd } from '../../src/bundle/tar-layout.ts';
import { canonicalJson } from '../../src/io/canonical-json.ts';
import { digestOf } from '../../src/oci/digest.ts';
import type { Digest } from '../../src/oci/digest.ts';
import type { SampleBundle } from '../support/sample-bundle.ts';
import { craftBundle } from './crafted-bundle.ts';

/** What a blob is replaced by. */
export interface ReplacedContent {
  readonly bytes: Uint8Array;
  /** What the inventory says; the truth unless given. */
  readonly size?: number;
}

/** The sample with a blob of other content, whose digest is right everywhere in inventory and tar. */
export function replaceBlob(
  { plan: { inventory, headEntries }, blobs }: SampleBundle,
  replaced: Digest,
  { bytes, size = bytes.length }: ReplacedContent,
): Buffer {
  const digest = digestOf(bytes);
  const changed: {
    readonly blobs: { digest: string; size: number }[];
    readonly images: { digest: string; size: number }[];
  } = JSON.parse(canonicalJson(inventory).replaceAll(replaced, digest));
  for (const each of [...changed.blobs, ...changed.images]) if (each.digest === digest) each.size = size;
  const head = headEntries.map((entry) =>
    entry.path === inventoryPath ? { ...entry, bytes: Buffer.from(canonicalJson(changed)) } : entry,
  );
  const tail = inventory.blobs.flatMap((blob) => {
    const isReplaced = blob.digest === replaced;
    const content = isReplaced ? bytes : blobs.get(blob.digest);
    const header = blobHeader(isReplaced ? { ...blob, digest, size: bytes.length } : blob);
    return [header, content, paddingFor(content.length)];
  });
  return craftBundle({ head: encodeHead(head), tail: Buffer.concat([...tail, tarEnd()]) });
}
