import { PaletteEdgeError } from '../errors.ts';
import { isRecord } from '../io/is-record.ts';
import type { BlobReader } from '../oci/blob-access.ts';
import type { Descriptor, Platform } from '../oci/descriptor.ts';
import { isDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { imagesFitting } from '../oci/fitting-platform.ts';
import { walkImage } from '../oci/image-graph.ts';
import type { ImageGraph } from '../oci/image-graph.ts';
import { maximumManifestSize, parseManifest, readAnnotations } from '../oci/manifest.ts';
import type { ImageIndex, ImageManifest } from '../oci/manifest.ts';
import { formatPlatform, parsePlatform } from '../oci/platform.ts';
import { readWholeBlob } from '../oci/read-whole-blob.ts';
import type { NamedImage } from './push-names.ts';

/** A manifest to push. */
export interface ManifestToPush {
  /** With type and annotations as a list of referrers has them, when there is a subject. */
  readonly descriptor: Descriptor;
  /** What has to be in the repository before, as blobs; each once. */
  readonly blobs: readonly Descriptor[];
  readonly subject: Digest | undefined;
}

/** What there is to push of an image. */
export interface PushContent {
  readonly root: Descriptor;
  /** What a manifest names comes before it, the root last. */
  readonly manifests: readonly ManifestToPush[];
  /** Platforms that the root names and the bundles do not hold. */
  readonly omittedPlatforms: readonly string[];
}

/**
 * Reads what an image consists of: its manifests, and nothing else.
 *
 * @param platform the one whose manifest takes the place of an image index; undefined for the index. What is no image stays whole.
 * @throws PaletteEdgeError kind content for manifests that are damaged, or name what no bundle has; `PLATFORM_MISSING` (kind notFound)
 */
export async function readPushContent(
  image: NamedImage,
  blobs: BlobReader,
  { platform, signal }: { readonly platform: Platform | undefined; readonly signal: AbortSignal },
): Promise<PushContent> {
  const { reference, entries } = image;
  const fetch = async (descriptor: Descriptor): Promise<Uint8Array> =>
    await readManifestBytes(blobs, descriptor, signal);
  const [{ digest, size, mediaType }] = entries;
  const graph = await walkImage(
    reference,
    { digest, size, mediaType },
    { fetch, platforms: heldPlatforms(image) },
  );
  for (const { descriptor } of graph.blobs) await refuseMissing(blobs, descriptor, reference);
  const root = platform === undefined ? graph.root : manifestOf(graph, platform, reference);
  const isIndex = root.digest === graph.root.digest;
  return {
    root,
    manifests: await childrenFirst(root, graph, fetch),
    omittedPlatforms: isIndex ? graph.omittedPlatforms : [],
  };
}

async function childrenFirst(
  root: Descriptor,
  { blobs }: ImageGraph,
  fetch: (descriptor: Descriptor) => Promise<Uint8Array>,
): Promise<readonly ManifestToPush[]> {
  const manifests = blobs.filter(({ role }) => role === 'index' || role === 'manifest');
  const kept = new Map(manifests.map(({ descriptor }) => [descriptor.digest, descriptor]));
  const held = new Set(blobs.map(({ descriptor }) => descriptor.digest));
  const ordered = new Map<Digest, ManifestToPush>();
  const visit = async (descriptor: Descriptor): Promise<void> => {
    if (ordered.has(descriptor.digest)) return;
    const bytes = await fetch(descriptor);
    const manifest = parseManifest(bytes, descriptor.mediaType, descriptor.digest);
    const { children, parts } = namedBy(manifest, kept);
    for (const child of children) await visit(child);
    const unique = new Map(parts.map((part) => [part.digest, part]));
    ordered.set(descriptor.digest, {
      ...describe(descriptor, manifest, bytes),
      blobs: [...unique.values()].filter((part) => held.has(part.digest)),
    });
  };
  await visit(root);
  return [...ordered.values()];
}

/** Undefined for what has no platforms. */
function heldPlatforms({ entries }: NamedImage): readonly Platform[] | undefined {
  const isWhole = entries.some(
    ({ platforms, omittedPlatforms }) => platforms.length + omittedPlatforms.length === 0,
  );
  return isWhole ? undefined : [...new Set(entries.flatMap(({ platforms }) => platforms))].map(parsePlatform);
}

async function readManifestBytes(
  blobs: BlobReader,
  descriptor: Descriptor,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (descriptor.size > maximumManifestSize) {
    const message = `${descriptor.digest} is a manifest or config of over 4 MiB`;
    throw new PaletteEdgeError('MANIFEST_INVALID', message, { kind: 'content' });
  }
  return await readWholeBlob(blobs, descriptor, signal);
}

async function refuseMissing(blobs: BlobReader, { digest, size }: Descriptor, image: string): Promise<void> {
  const held = await blobs.sizeOf(digest);
  if (held === size) return;
  const reason = held === undefined ? 'it is not in the bundle' : `it has ${held} bytes in the bundle`;
  throw new PaletteEdgeError('IMAGE_DAMAGED', `${image} needs ${digest} of ${size} bytes, but ${reason}`, {
    kind: 'content',
    suggestions: ['palette-edge verify tells what else is damaged.'],
  });
}

/** What is no image has no platform, and is pushed as it is. */
function manifestOf(graph: ImageGraph, platform: Platform, image: string): Descriptor {
  if (graph.platforms.length === 0 && graph.omittedPlatforms.length === 0) return graph.root;
  const [found] = imagesFitting(graph.images, platform);
  if (found !== undefined) return found.manifest;
  throw new PaletteEdgeError(
    'PLATFORM_MISSING',
    `${image} has no ${formatPlatform(platform)} in the bundle, which has: ${graph.platforms.join(', ')}`,
    { kind: 'notFound', suggestions: ['Name one that it has, or leave --platform and --arch out.'] },
  );
}

/** An entry of an index that is no manifest is a blob; one that was left out is not in the bundle. */
function namedBy(
  manifest: ImageIndex | ImageManifest,
  kept: ReadonlyMap<Digest, Descriptor>,
): { readonly children: readonly Descriptor[]; readonly parts: readonly Descriptor[] } {
  if (manifest.kind === 'image') return { children: [], parts: [manifest.config, ...manifest.layers] };
  const { manifests } = manifest;
  const children = manifests.flatMap(({ digest }) => kept.get(digest) ?? []);
  return { children, parts: manifests.filter(({ digest }) => !kept.has(digest)) };
}

/** As a list of referrers describes it (distribution-spec 1.1, "Listing Referrers"). */
function describe(
  { mediaType, digest, size }: Descriptor,
  manifest: ImageIndex | ImageManifest,
  bytes: Uint8Array,
): Pick<ManifestToPush, 'descriptor' | 'subject'> {
  const document: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
  const fields = isRecord(document) ? document : {};
  const subject = isRecord(fields['subject']) ? fields['subject']['digest'] : undefined;
  if (typeof subject !== 'string' || !isDigest(subject))
    return { descriptor: { mediaType, digest, size }, subject: undefined };
  const configType = manifest.kind === 'image' ? manifest.config.mediaType : undefined;
  const artifactType = manifest.artifactType ?? configType;
  const annotations = readAnnotations(fields['annotations']);
  return { descriptor: { mediaType, digest, size, artifactType, annotations }, subject };
}
