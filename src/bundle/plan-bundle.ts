import { PaletteEdgeError } from '../errors.ts';
import { canonicalJson } from '../io/canonical-json.ts';
import { clashingName, isRawFileName } from '../io/raw-file-name.ts';
import type { Digest } from '../oci/digest.ts';
import { digestOf } from '../oci/digest.ts';
import type { ImageGraph } from '../oci/image-graph.ts';
import { isCompanion } from '../oci/origin.ts';
import type { Origin } from '../oci/origin.ts';
import { formatReference } from '../oci/reference.ts';
import type { Reference } from '../oci/reference.ts';
import { frameTableSize, maximumHeadSize } from './frame-table.ts';
import { imageNames } from './image-names.ts';
import {
  cleanText,
  formatVersionOf,
  inventoryId,
  inventoryPath,
  isBundleName,
  isExtraPath,
  maximumInventorySize,
  serializeInventory,
  signaturePath,
} from './inventory.ts';
import type {
  BundledBlob,
  BundledChart,
  BundledImage,
  BundledProfile,
  BundledRawFile,
  BundledRole,
  Inventory,
} from './inventory.ts';
import { dockerManifestDocument, indexDocument, ociLayoutDocument } from './oci-documents.ts';
import { rawFileMediaType } from './raw-files.ts';
import { encodeHead, placeBlobs } from './tar-layout.ts';
import type { HeadEntry } from './tar-layout.ts';
import { frameBound } from './zstd-frame-structure.ts';

/** Bytes of tar in each frame behind the head, unless the writer is told otherwise: measured in docs/bundle-format.md. */
export const defaultFrameContent = 2 * 1024 * 1024;

/** An image to bundle. */
export interface ImageToBundle {
  readonly reference: Reference;
  /** What it is called where it comes from, when that is another name. */
  readonly source?: Reference;
  readonly origins: readonly Origin[];
  readonly graph: ImageGraph;
  /** Of a Helm chart. */
  readonly chart?: Pick<BundledChart, 'name' | 'version' | 'source'>;
}

/** What goes into a bundle. */
export interface BundleContent {
  /** See {@link isBundleName}. */
  readonly name: string;
  readonly tool: Inventory['tool'];
  /** Each reference once, in any order. */
  readonly images: readonly ImageToBundle[];
  readonly profiles: readonly BundledProfile[];
  /** Files for the head; see {@link isExtraPath}. In any order. */
  readonly extras?: readonly HeadEntry[];
  /** Files for the blobs; see {@link isRawFileName}. In any order, each name once. */
  readonly rawFiles?: readonly BundledRawFile[];
  /** Makes what goes into the slot for signatures, of the inventory's bytes; undefined leaves the slot out. */
  readonly sign?: ((inventoryBytes: Uint8Array) => Uint8Array) | undefined;
}

/** Everything about a bundle that is known before a blob's content is: all of it but the blobs' bytes. */
export interface BundlePlan {
  readonly inventory: Inventory;
  /** {@link inventoryId} of the inventory. */
  readonly id: string;
  /** The files of the head, in tar order. */
  readonly headEntries: readonly HeadEntry[];
  /** Bytes of the tar inside the bundle. */
  readonly tarSize: number;
  /** The bundle's file is not larger than this. */
  readonly expectedBundleSize: number;
}

/**
 * Plans a bundle. Pure, and does not depend on the order of images, profiles, origins or files.
 *
 * @throws PaletteEdgeError `BUNDLE_NAME_INVALID`, `IMAGE_NAME_CONFLICT`, `BLOB_SIZE_CONFLICT`, `BUNDLE_TOO_LARGE`
 */
export function planBundle(content: BundleContent): BundlePlan {
  requireName(content.name);
  const images = sortBy(content.images.map(describeImage), ({ reference }) => reference);
  const names = imageNames(images);
  const graphs = new Map(content.images.map(({ graph }) => [graph.root.digest, graph]));
  const leading = [
    { path: 'oci-layout', bytes: ociLayoutDocument() },
    { path: 'index.json', bytes: indexDocument(names) },
    { path: 'manifest.json', bytes: dockerManifestDocument(names, (root) => graphs.get(root)) },
  ];
  const extras = sortBy(content.extras ?? [], ({ path }) => path);
  requireExtras(extras);
  const rawFiles = sortBy(content.rawFiles ?? [], ({ name }) => name);
  requireRawFiles(rawFiles);
  const inventory: Inventory = {
    formatVersion: formatVersionOf({ images, rawFiles }),
    mode: 'plain',
    name: content.name,
    tool: content.tool,
    profiles: sortedProfiles(content.profiles),
    images,
    charts: sortBy(content.images.flatMap(describeChart), ({ reference }) => reference),
    files: [...leading, ...extras].map(({ path, bytes }) => ({
      path,
      size: bytes.length,
      digest: digestOf(bytes),
    })),
    rawFiles: rawFiles.length > 0 ? rawFiles : undefined,
    blobs: orderBlobs([...content.images.flatMap(blobsOf), ...rawFiles.map(blobOfFile)]),
  };
  const inventoryBytes = serializeInventory(inventory);
  const signature =
    content.sign === undefined ? [] : [{ path: signaturePath, bytes: content.sign(inventoryBytes) }];
  const headEntries = [...leading, { path: inventoryPath, bytes: inventoryBytes }, ...signature, ...extras];
  return { inventory, id: inventoryId(inventoryBytes), headEntries, ...sizes(headEntries, inventory) };
}

function describeImage({ reference, source, origins, graph, chart }: ImageToBundle): BundledImage {
  const { digest, size, mediaType } = graph.root;
  const hasType = isCompanion({ origins }) || chart !== undefined;
  const artifactType = hasType ? graph.artifactType : undefined;
  return {
    reference: formatReference(reference),
    sourceReference: source === undefined ? undefined : formatReference(source),
    digest,
    size,
    mediaType,
    platforms: graph.platforms.map(cleanText),
    omittedPlatforms: graph.omittedPlatforms.map(cleanText),
    artifactType: artifactType === undefined ? undefined : cleanText(artifactType),
    origins: sortBy(origins.map(cleanOrigin), (origin) => canonicalJson(origin)),
  };
}

function describeChart({ reference, chart, graph }: ImageToBundle): BundledChart[] {
  if (chart === undefined) return [];
  return [
    {
      name: cleanText(chart.name),
      version: cleanText(chart.version),
      reference: formatReference(reference),
      digest: graph.root.digest,
      source: cleanText(chart.source),
    },
  ];
}

function blobsOf({ graph }: ImageToBundle): BundledBlob[] {
  return graph.blobs.map(({ descriptor: { digest, size, mediaType }, role }) => ({
    digest,
    size,
    mediaType: cleanText(mediaType),
    role,
  }));
}

function blobOfFile({ digest, size }: BundledRawFile): BundledBlob {
  return { digest, size, mediaType: rawFileMediaType, role: 'file' };
}

/**
 * Indexes, manifests and configs first, so that everything about a bundle is read from its first frames; then layers, then
 * raw files, the largest first. Inside each by digest.
 */
function orderBlobs(all: readonly BundledBlob[]): BundledBlob[] {
  const blobs = new Map<Digest, BundledBlob>();
  for (const blob of all) {
    const { digest, size } = blob;
    const known = blobs.get(digest) ?? blob;
    if (known.size !== size) throw sizeConflict(known, size);
    // The same bytes can be a layer here and a config there, or carry Docker's and OCI's media type.
    blobs.set(digest, identityKey(blob) < identityKey(known) ? blob : known);
  }
  return sortBy(
    [...blobs.values()],
    ({ role, size, digest }) =>
      `${ranks[role]} ${ranks[role] < ranks.layer ? '' : descending(size)} ${digest}`,
  );
}

const ranks: Readonly<Record<BundledRole, number>> = { index: 0, manifest: 1, config: 2, layer: 3, file: 4 };

function identityKey({ role, mediaType }: BundledBlob): string {
  return `${ranks[role]} ${mediaType}`;
}

function descending(size: number): string {
  return String(Number.MAX_SAFE_INTEGER - size).padStart(16, '0');
}

function sizes(
  entries: readonly HeadEntry[],
  { blobs }: Inventory,
): Pick<BundlePlan, 'tarSize' | 'expectedBundleSize'> {
  const headSize = encodeHead(entries).length;
  const inventorySize = entries.find(({ path }) => path === inventoryPath)?.bytes.length ?? 0;
  if (headSize > maximumHeadSize || inventorySize > maximumInventorySize) {
    throw new PaletteEdgeError('BUNDLE_TOO_LARGE', 'so many images and files do not fit into one bundle', {
      kind: 'failure',
      suggestions: ['Split the images over several bundles.'],
    });
  }
  const { tarSize } = placeBlobs(blobs, headSize);
  const frames = Math.ceil((tarSize - headSize) / defaultFrameContent);
  const cuts = tarSize - headSize;
  // frameBound summed over the frames, the last of which may be short.
  const cutsBound = cuts + Math.ceil(cuts / 256) + frames * frameBound(0);
  return { tarSize, expectedBundleSize: frameBound(headSize) + cutsBound + frameTableSize(frames + 1) };
}

function requireName(name: string): void {
  if (isBundleName(name)) return;
  throw new PaletteEdgeError('BUNDLE_NAME_INVALID', `${JSON.stringify(name)} cannot name a bundle`, {
    kind: 'usage',
    suggestions: [
      'Use up to 100 letters, digits, dots, dashes and underscores, beginning with a letter or digit.',
    ],
  });
}

function requireExtras(extras: readonly HeadEntry[]): void {
  const wrong = extras.find(({ path }, index) => !isExtraPath(path) || path === extras[index - 1]?.path);
  if (wrong !== undefined) throw new TypeError(`not the path of an extra file, or twice: ${wrong.path}`);
}

function requireRawFiles(files: readonly BundledRawFile[]): void {
  const names = files.map(({ name }) => name);
  const wrong = names.find((name) => !isRawFileName(name)) ?? clashingName(names);
  if (wrong !== undefined)
    throw new TypeError(`not the name of a raw file, or in another one's way: ${wrong}`);
}

/** Those that differ only in what a bundle does not tell of them are one. */
function sortedProfiles(profiles: readonly BundledProfile[]): BundledProfile[] {
  const byText = new Map(profiles.map(cleanProfile).map((profile) => [canonicalJson(profile), profile]));
  return sortBy([...byText.values()], canonicalJson);
}

function cleanProfile({ name, version, type }: BundledProfile): BundledProfile {
  return { name: cleanText(name), version: cleanText(version), type: cleanText(type) };
}

function cleanOrigin(origin: Origin): Origin {
  switch (origin.kind) {
    case 'flag':
      return { kind: origin.kind, flag: origin.flag };
    case 'list':
      return { ...origin, file: cleanText(origin.file) };
    case 'manifest':
      return { ...origin, file: cleanText(origin.file), key: cleanText(origin.key) };
    case 'profile':
      return {
        ...origin,
        profile: cleanText(origin.profile),
        pack: cleanText(origin.pack),
        key: cleanText(origin.key),
      };
    case 'discovered':
      return {
        ...origin,
        profile: origin.profile === undefined ? undefined : cleanText(origin.profile),
        pack: origin.pack === undefined ? undefined : cleanText(origin.pack),
        key: cleanText(origin.key),
      };
    case 'palette':
      return { ...origin, service: cleanText(origin.service), version: cleanText(origin.version) };
    case 'referrer':
      return { kind: origin.kind, of: origin.of, subject: origin.subject };
    default:
      throw new TypeError('unknown kind of origin');
  }
}

function sizeConflict({ digest, size }: BundledBlob, other: number): PaletteEdgeError {
  return new PaletteEdgeError('BLOB_SIZE_CONFLICT', `${digest} is said to have ${size} bytes, and ${other}`, {
    kind: 'content',
  });
}

/** Sorts by a key, by UTF-16 code units: the same in every locale. */
function sortBy<T>(items: readonly T[], key: (item: T) => string): T[] {
  return items
    .map((item) => ({ item, key: key(item) }))
    .toSorted((left, right) => (left.key < right.key ? -1 : left.key > right.key ? 1 : 0))
    .map(({ item }) => item);
}
