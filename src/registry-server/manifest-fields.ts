import { PaletteEdgeError } from '../errors.ts';
import { isRecord } from '../io/is-record.ts';
import { isDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { parseManifest, readAnnotations } from '../oci/manifest.ts';
import type { ImageIndex, ImageManifest } from '../oci/manifest.ts';

/** A manifest with the fields of image manifests and image indexes alike. */
export interface ManifestFields {
  readonly manifest: ImageIndex | ImageManifest;
  readonly subject: Digest | undefined;
  /** What it is to its subject (distribution-spec 1.1, "Listing Referrers"): an image without a type has its config's. */
  readonly artifactType: string | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
}

/**
 * Reads a manifest and, besides what {@link parseManifest} tells, what referrers are listed by.
 *
 * @param declaredType media type from the `Content-Type` header
 * @throws PaletteEdgeError as {@link parseManifest} does, and `MANIFEST_INVALID` for a subject without a sha256 digest
 */
export function readManifestFields(bytes: Uint8Array, declaredType: string | undefined): ManifestFields {
  const manifest = parseManifest(bytes, declaredType, 'the manifest');
  const document: unknown = JSON.parse(new TextDecoder().decode(bytes));
  const fields = isRecord(document) ? document : {};
  const ownType = typeof fields['artifactType'] === 'string' ? fields['artifactType'] : '';
  const impliedType = manifest.kind === 'image' ? manifest.config.mediaType : undefined;
  return {
    manifest,
    subject: readSubject(fields['subject']),
    artifactType: ownType === '' ? impliedType : ownType,
    annotations: readAnnotations(fields['annotations']),
  };
}

function readSubject(value: unknown): Digest | undefined {
  if (value === undefined || value === null) return undefined;
  const digest = isRecord(value) ? value['digest'] : undefined;
  if (typeof digest === 'string' && isDigest(digest)) return digest;
  throw new PaletteEdgeError('MANIFEST_INVALID', 'the subject of the manifest has no sha256 digest', {
    kind: 'content',
  });
}
