import { PaletteEdgeError } from '../errors.ts';
import { isRecord } from '../io/is-record.ts';
import type { BlobReader } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import { isDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { maximumManifestSize } from '../oci/manifest.ts';
import { readWholeBlob } from '../oci/read-whole-blob.ts';

/** What reports need of the config of an image (image-spec, config.md). */
export interface ImageConfig {
  /** When the image was made, in milliseconds since 1970; undefined when it does not say, or makes no sense. */
  readonly created: number | undefined;
  /** What the layers decompress to. */
  readonly diffIds: ReadonlySet<Digest>;
}

/**
 * Reads the config of an image of a bundle.
 *
 * @throws PaletteEdgeError `MANIFEST_INVALID` (kind content) for one that is no JSON object or too large, and as reading the bundle does
 */
export async function readImageConfig(
  blobs: BlobReader,
  { digest, size }: BlobIdentity,
  signal: AbortSignal,
): Promise<ImageConfig> {
  if (size > maximumManifestSize) throw invalid(digest, 'it has over 4 MiB');
  const config = parse(await readWholeBlob(blobs, { digest, size }, signal), digest);
  const { created, rootfs } = config;
  const diffIds = isRecord(rootfs) && Array.isArray(rootfs['diff_ids']) ? rootfs['diff_ids'] : [];
  return {
    created: typeof created === 'string' ? momentOf(created) : undefined,
    diffIds: new Set(diffIds.filter((each: unknown) => typeof each === 'string').filter(isDigest)),
  };
}

function parse(bytes: Uint8Array, digest: Digest): Readonly<Record<string, unknown>> {
  let document: unknown;
  try {
    document = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    throw invalid(digest, 'it is not valid JSON');
  }
  if (!isRecord(document)) throw invalid(digest, 'it is no JSON object');
  return document;
}

/** The last millisecond of 9999: with an offset from UTC a moment may lie behind it, and would be written with five digits. */
const lastMoment = 253_402_300_799_999;

/** RFC 3339, years of four digits. */
function momentOf(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(text)) return undefined;
  const moment = Date.parse(text);
  return Number.isNaN(moment) || moment < 0 || moment > lastMoment ? undefined : moment;
}

function invalid(digest: Digest, reason: string): PaletteEdgeError {
  return new PaletteEdgeError('MANIFEST_INVALID', `${digest} is no valid config of an image: ${reason}`, {
    kind: 'content',
  });
}
