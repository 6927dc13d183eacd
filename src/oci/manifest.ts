import { PaletteEdgeError } from '../errors.ts';
import { isRecord } from '../io/is-record.ts';
import { printable } from '../io/printable.ts';
import type { Descriptor, Platform } from './descriptor.ts';
import { digestAlgorithm, isDigest } from './digest.ts';
import type { Digest } from './digest.ts';
import { isIndexType, isManifestType, isSchema1Type, mediaTypes } from './media-types.ts';

/** An image index (OCI) or manifest list (Docker): one entry per platform. */
export interface ImageIndex {
  readonly kind: 'index';
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly manifests: readonly Descriptor[];
}

/** An image manifest: one config, any number of layers (none is legal, and so is the same one twice). */
export interface ImageManifest {
  readonly kind: 'image';
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor;
}

/** Manifests larger than this are refused (distribution-spec: registries must take 4 MiB). */
export const maximumManifestSize = 4 * 1024 * 1024;

const maximumEntries = 10_000;

/**
 * Reads a manifest from its raw bytes. The bytes stay the authority: a manifest is never serialised again.
 *
 * @param declaredType media type from the descriptor or the Content-Type header; the document's own field wins
 * @param place which manifest this is, for messages
 * @throws PaletteEdgeError `SCHEMA1_MANIFEST` for Docker's schema 1, `DIGEST_UNSUPPORTED` for digests that are not sha256,
 *   `MANIFEST_INVALID` for anything else (all of kind content)
 */
export function parseManifest(
  bytes: Uint8Array,
  declaredType: string | undefined,
  place: string,
): ImageIndex | ImageManifest {
  const document = parseObject(bytes, place);
  const mediaType = mediaTypeOf(document, declaredType);
  refuseSchema1(document, mediaType, place);
  // Both at once is how one digest gets two meanings (CVE-2021-41190): refuse, as every current runtime does.
  if ('manifests' in document && ('layers' in document || 'config' in document)) {
    throw invalidManifest(place, 'it has both manifests and layers');
  }
  const artifactType = optionalText(document['artifactType']);
  if (isIndexType(mediaType)) {
    return {
      kind: 'index',
      mediaType,
      artifactType,
      manifests: readDescriptors(document, 'manifests', place),
    };
  }
  if (!isManifestType(mediaType)) throw invalidManifest(place, `its media type is ${shown(mediaType)}`);
  return {
    kind: 'image',
    mediaType,
    config: readDescriptor(document['config'], `${place}, config`),
    layers: readDescriptors(document, 'layers', place),
    artifactType,
    subject: isRecord(document['subject'])
      ? readDescriptor(document['subject'], `${place}, subject`)
      : undefined,
  };
}

/** What a manifest's own bytes say its media type is; used for the root, which no descriptor names. */
export function manifestMediaType(
  bytes: Uint8Array,
  declaredType: string | undefined,
  place: string,
): string {
  return parseManifest(bytes, declaredType, place).mediaType;
}

/**
 * The platform that an image config names (image-spec, config.md), or undefined when it names none.
 *
 * @throws PaletteEdgeError `MANIFEST_INVALID` when the config is no JSON object
 */
export function platformOfConfig(bytes: Uint8Array, place: string): Platform | undefined {
  return readPlatform(parseObject(bytes, place));
}

function parseObject(bytes: Uint8Array, place: string): Record<string, unknown> {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new PaletteEdgeError('MANIFEST_INVALID', `${place} is not valid JSON`, {
      kind: 'content',
      cause: error,
    });
  }
  if (!isRecord(document)) throw invalidManifest(place, 'it is no JSON object');
  return document;
}

function mediaTypeOf(document: Record<string, unknown>, declaredType: string | undefined): string {
  const own = document['mediaType'];
  if (typeof own === 'string' && own !== '') return own;
  const declared = declaredType?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (isIndexType(declared) || isManifestType(declared) || declared.includes('manifest.v1+')) return declared;
  return 'manifests' in document ? mediaTypes.ociIndex : mediaTypes.ociManifest;
}

function refuseSchema1(document: Record<string, unknown>, mediaType: string, place: string): void {
  if (isSchema1Type(mediaType) || document['schemaVersion'] === 1) throw schema1Manifest(place);
}

/** The error for a manifest of Docker's schema 1. */
export function schema1Manifest(place: string): PaletteEdgeError {
  return new PaletteEdgeError(
    'SCHEMA1_MANIFEST',
    `${place} is a Docker schema 1 manifest, which no current runtime takes`,
    {
      kind: 'content',
      suggestions: ['Push the image again with a current tool, for instance: skopeo copy --format v2s2 …'],
    },
  );
}

function readDescriptors(document: Record<string, unknown>, field: string, place: string): Descriptor[] {
  const list = document[field];
  if (!Array.isArray(list)) throw invalidManifest(place, `its field ${field} is no list`);
  if (list.length > maximumEntries)
    throw invalidManifest(place, `its field ${field} has over ${maximumEntries} entries`);
  return list.map((item: unknown, position) => readDescriptor(item, `${place}, ${field}[${position}]`));
}

function readDescriptor(value: unknown, place: string): Descriptor {
  if (!isRecord(value)) throw invalidManifest(place, 'it is no descriptor');
  const { mediaType, size } = value;
  if (typeof mediaType !== 'string') throw invalidManifest(place, 'its media type is missing');
  const digest = readDigest(value['digest'], place);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw invalidManifest(place, `its size ${shown(size)} is no number of bytes`);
  }
  return {
    mediaType,
    digest,
    size,
    platform: isRecord(value['platform']) ? readPlatform(value['platform']) : undefined,
    annotations: readAnnotations(value['annotations']),
    artifactType: optionalText(value['artifactType']),
    urls: readUrls(value['urls']),
  };
}

function readDigest(value: unknown, place: string): Digest {
  if (typeof value === 'string') {
    if (isDigest(value)) return value;
    const algorithm = digestAlgorithm(value);
    if (algorithm !== undefined && algorithm !== 'sha256') throw unsupportedDigest(place, algorithm);
  }
  throw invalidManifest(place, `its digest ${shown(value)} is not a sha256 digest`);
}

function readPlatform(value: Record<string, unknown>): Platform | undefined {
  const os = optionalText(value['os']);
  const architecture = optionalText(value['architecture']);
  if (os === undefined || architecture === undefined) return undefined;
  return {
    os,
    architecture,
    variant: optionalText(value['variant']),
    osVersion: optionalText(value['os.version']),
  };
}

function readUrls(value: unknown): string[] | undefined {
  return Array.isArray(value) ? value.filter((url) => typeof url === 'string') : undefined;
}

function optionalText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The annotations that are texts, as the image-spec wants them; undefined when there are none. */
export function readAnnotations(value: unknown): Record<string, string> | undefined {
  if (!isRecord(value)) return undefined;
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** A value from a registry as it may stand in a message: a manifest may hold megabytes of it. */
function shown(value: unknown): string {
  return value === undefined ? 'missing' : printable(JSON.stringify(value).slice(0, 100), 100);
}

function unsupportedDigest(place: string, algorithm: string): PaletteEdgeError {
  return new PaletteEdgeError(
    'DIGEST_UNSUPPORTED',
    `${place}: its digest is made with ${algorithm.slice(0, 40)}; only sha256 can be bundled`,
    {
      kind: 'content',
      suggestions: [
        'Push the image again with sha256 digests, which is what tools do unless told otherwise.',
      ],
    },
  );
}

function invalidManifest(place: string, reason: string): PaletteEdgeError {
  return new PaletteEdgeError('MANIFEST_INVALID', `${place} is no valid manifest: ${reason}`, {
    kind: 'content',
  });
}
