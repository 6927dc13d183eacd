import { PaletteEdgeError } from '../errors.ts';
import { isRecord } from '../io/is-record.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { digestOf } from '../oci/digest.ts';
import { maximumManifestSize } from '../oci/manifest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import type { ManifestToPut } from './put-manifest.ts';

/**
 * Adds manifests to the list of referrers that a registry without the API keeps under the fallback tag (distribution-spec 1.1,
 * "Pushing Manifests with Subject"). What is in the list stays as it is.
 *
 * @param present the list that is there; undefined when there is none
 * @param place which list it is, for messages
 * @returns undefined when nothing is missing
 * @throws PaletteEdgeError `REFERRERS_INVALID` (kind content) for a list that is none, or gets too large
 */
export function withReferrers(
  present: Uint8Array | undefined,
  wanted: readonly Descriptor[],
  place: string,
): ManifestToPut | undefined {
  const document = present === undefined ? emptyIndex : parsedIndex(present, place);
  const known = new Set(document.manifests.map((entry) => (isRecord(entry) ? entry['digest'] : undefined)));
  const missing = wanted.filter(({ digest }) => !known.has(digest));
  if (missing.length === 0) return undefined;
  const manifests = [...document.manifests, ...missing.map(entryOf)];
  const bytes = Buffer.from(JSON.stringify({ ...document, manifests }), 'utf8');
  if (bytes.length > maximumManifestSize) throw invalid(place, 'it would be larger than 4 MiB');
  return {
    descriptor: { mediaType: mediaTypes.ociIndex, digest: digestOf(bytes), size: bytes.length },
    bytes,
  };
}

interface IndexDocument {
  readonly manifests: readonly unknown[];
}

const emptyIndex = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] };

function entryOf({ mediaType, digest, size, artifactType, annotations }: Descriptor): object {
  return { mediaType, digest, size, artifactType, annotations };
}

function parsedIndex(bytes: Uint8Array, place: string): IndexDocument {
  let document: unknown;
  try {
    document = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    throw invalid(place, 'it is no JSON');
  }
  if (!isRecord(document) || !Array.isArray(document['manifests']))
    throw invalid(place, 'it is no image index');
  const manifests: readonly unknown[] = document['manifests'];
  return { ...document, manifests };
}

function invalid(place: string, reason: string): PaletteEdgeError {
  return new PaletteEdgeError('REFERRERS_INVALID', `the list of referrers ${place}: ${reason}`, {
    kind: 'content',
  });
}
