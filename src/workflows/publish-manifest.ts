import { PaletteEdgeError } from '../errors.ts';
import { canonicalJson } from '../io/canonical-json.ts';
import { clashingName, isRawFileName } from '../io/raw-file-name.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import { digestOf } from '../oci/digest.ts';
import { maximumManifestSize, parseManifest } from '../oci/manifest.ts';
import { mediaTypes } from '../oci/media-types.ts';

/** A file as it is published: what it is called, and what is in it. */
export interface PublishedFile extends BlobIdentity {
  /** A plain name, without folders. */
  readonly name: string;
  readonly mediaType: string;
}

/** A bundle that is published: its file or its parts, and what lies beside them. */
export interface Publication {
  /** The file name of the bundle; of parts, what they are joined to. */
  readonly bundle: string;
  /** Content first, in order. */
  readonly files: readonly PublishedFile[];
}

/** What tells a published bundle apart (docs/publish.md). Never changed. */
const bundleArtifactType = 'application/vnd.palette-edge.bundle.v1';

/** Of the files of a published bundle. */
export const fileMediaTypes = {
  bundle: 'application/vnd.palette-edge.bundle.v1.tar+zstd',
  encrypted: 'application/vnd.palette-edge.bundle.v1.age',
  part: 'application/vnd.palette-edge.bundle.v1.part',
  partsList: 'application/vnd.palette-edge.bundle.v1.parts+json',
  checksum: 'application/vnd.palette-edge.bundle.v1.sha256',
  signature: 'application/vnd.palette-edge.bundle.v1.sig',
} as const;

const titleAnnotation = 'org.opencontainers.image.title';
/** The config of an artifact that has none (image-spec 1.1, "Guidance for an empty descriptor"). */
export const emptyConfig: Uint8Array = Buffer.from('{}');
const mostFiles = 10_000;

/**
 * The manifest of a published bundle: an OCI image manifest (image-spec 1.1, "Guidelines for artifact usage") whose layers are the files,
 * by the titles that other tools name them by. The same files always give the same bytes.
 *
 * @throws PaletteEdgeError `PUBLISH_NAME_INVALID` (kind usage) for a name that may not be read back, `TOO_MANY_PARTS` (kind usage)
 */
export function encodePublication({ bundle, files }: Publication): Uint8Array {
  const wrong = [bundle, ...files.map(({ name }) => name)].find((name) => !isPlainName(name));
  if (wrong !== undefined) throw nameInvalid(wrong);
  const bytes = Buffer.from(
    canonicalJson({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      artifactType: bundleArtifactType,
      config: { mediaType: mediaTypes.ociEmpty, digest: digestOf(emptyConfig), size: emptyConfig.length },
      layers: files.map(({ name, digest, size, mediaType }) => ({
        mediaType,
        digest,
        size,
        annotations: { [titleAnnotation]: name },
      })),
      annotations: { [titleAnnotation]: bundle },
    }),
  );
  if (files.length <= mostFiles && bytes.length <= maximumManifestSize) return bytes;
  throw new PaletteEdgeError(
    'TOO_MANY_PARTS',
    `${bundle} has ${files.length} files with all that lies beside it; a registry takes ${mostFiles}, in a manifest of 4 MiB`,
    { kind: 'usage', suggestions: ['Build it with larger parts: --split SIZE.'] },
  );
}

/**
 * Reads the manifest of a published bundle, from outside. Names are plain and all different, also where small and capital letters are
 * the same.
 *
 * @param place where it is, for messages
 * @throws PaletteEdgeError `PUBLICATION_INVALID` or as `parseManifest` does (kind content); `NOT_A_PUBLICATION` (kind usage) for the
 *   manifest of something else
 */
export function parsePublication(bytes: Uint8Array, place: string): Publication {
  const manifest = parseManifest(bytes, mediaTypes.ociManifest, place);
  if (manifest.kind !== 'image' || manifest.artifactType !== bundleArtifactType) throw notPublished(place);
  const files = manifest.layers.map(({ digest, size, mediaType, annotations }) => {
    const name = annotations?.[titleAnnotation] ?? '';
    if (!isPlainName(name))
      throw invalid(place, `${JSON.stringify(name.slice(0, 100))} is no plain file name`);
    return { name, digest, size, mediaType };
  });
  const clashing = clashingName(files.map(({ name }) => name));
  if (clashing !== undefined) throw invalid(place, `the name ${clashing} is there twice`);
  const [first] = files;
  if (first === undefined) throw invalid(place, 'it has no files');
  return { bundle: bundleOf(files, first), files };
}

/** Whether a file says something of others: it is of use only once those are there. */
export function isBeside({ mediaType }: Pick<PublishedFile, 'mediaType'>): boolean {
  const { partsList, checksum, signature } = fileMediaTypes;
  return mediaType === partsList || mediaType === checksum || mediaType === signature;
}

function notPublished(place: string): PaletteEdgeError {
  return new PaletteEdgeError('NOT_A_PUBLICATION', `${place} is no bundle that was published`, {
    kind: 'usage',
    suggestions: ['See what there is: palette-edge fetch URL --list'],
  });
}

/** Parts are named after their list. */
function bundleOf(files: readonly PublishedFile[], first: PublishedFile): string {
  const list = files.find(({ mediaType }) => mediaType === fileMediaTypes.partsList);
  return (list ?? first).name.replace(/\.parts\.json$/, '').replace(/[._]part\d{2,4}$/, '');
}

/** Of no folder, and no option; nor hidden: shells and tools obey files such as .bashrc wherever they are put. */
function isPlainName(name: string): boolean {
  return isRawFileName(name) && !/^[.-]|\//.test(name);
}

function nameInvalid(name: string): PaletteEdgeError {
  return new PaletteEdgeError(
    'PUBLISH_NAME_INVALID',
    `the file name ${JSON.stringify(name)} has characters that not every place takes`,
    {
      kind: 'usage',
      suggestions: [
        'Use letters, digits and . _ @ + -, at most 200, and neither . nor - first. Files beside a bundle have to be renamed with it.',
      ],
    },
  );
}

function invalid(place: string, reason: string): PaletteEdgeError {
  return new PaletteEdgeError('PUBLICATION_INVALID', `${place} is no valid manifest of a bundle: ${reason}`, {
    kind: 'content',
    suggestions: ['Publish the bundle again.'],
  });
}
