import { clusterDefinitionFolder } from '../workflows/cluster-definition.ts';
import { isChart } from '../bundle/inventory.ts';
import { companionsByOwner } from '../bundle/companions-by-owner.ts';
import { formatByteSize } from '../io/byte-size.ts';
import { digestHex } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { isCompanion } from '../oci/origin.ts';
import { parseReference } from '../oci/reference.ts';
import type { InspectedSignature, InspectResult } from '../workflows/inspect-bundle.ts';
import { countOf } from './count-of.ts';
import { inspectTreeView } from './inspect-tree-view.ts';
import { partsField } from './parts-field.ts';
import { squeezeReportFields } from './squeeze-report-fields.ts';
import { textFields } from './text-fields.ts';
import { textTable } from './text-table.ts';

type BundledImage = InspectResult['inventory']['images'][number];

const shownDigits = 12;
const deepestShown = 8;

/** What a bundle says about itself. */
export function inspectView(result: InspectResult): string {
  const { path, id, size, contentSize, parts, inventory, squeezed, tree } = result;
  const { name, formatVersion, tool, profiles, images, blobs } = inventory;
  const fields = textFields([
    ['name', name],
    ['id', id],
    ['format', squeezed === undefined ? `version ${formatVersion}, plain` : squeezedFormat(squeezed)],
    ['written by', `${tool.name} ${tool.version}`],
    ...(size === undefined ? [] : [['size', formatByteSize(size)] as const]),
    ...partsField(parts?.files),
    ['content', `${countOf(blobs.length, 'blob')}, ${formatByteSize(contentSize)}`],
    ...(squeezed === undefined ? [] : squeezeReportFields(squeezed)),
    ...(result.signatures ?? []).map((signature): [string, string] => [
      'signature',
      signatureText(signature),
    ]),
    ...clusterDefinitions(inventory),
    ...profiles.map((profile): [string, string] => [
      'profile',
      [profile.name, profile.version, `(${profile.type})`].filter((text) => text !== '').join(' '),
    ]),
  ]);
  const table = tree === undefined ? imageTable(images) : inspectTreeView(result);
  return [path, fields, '', table, ...rawFileTable(inventory)].join('\n');
}

/** Whoever can write a bundle can write an id: only a check tells whose it is. */
function signatureText({ algorithm, keyId, file, checkedWith }: InspectedSignature): string {
  const place = file === undefined ? '' : `, in ${file}`;
  const check = checkedWith === undefined ? 'not checked' : `checked with ${checkedWith}`;
  return `${algorithm} by ${keyId}${place}: ${check}`;
}

function squeezedFormat({ delta }: NonNullable<InspectResult['squeezed']>): string {
  return delta === undefined ? 'version 4, squeezed' : 'version 5, a delta bundle';
}

function imageTable(images: readonly BundledImage[]): string {
  const isSparse = images.some(({ omittedPlatforms }) => omittedPlatforms.length > 0);
  const isRenamed = images.some(({ sourceReference }) => sourceReference !== undefined);
  const rows = inTheirPlaces(images).map((placed) => [
    ...imageRow(placed, isSparse),
    ...(isRenamed ? [placed.image.sourceReference ?? '-'] : []),
  ]);
  const hasTypes = images.some(({ artifactType }) => artifactType !== undefined) || images.some(isCompanion);
  const head = ['IMAGE', 'DIGEST', hasTypes ? 'PLATFORMS OR TYPE' : 'PLATFORMS'];
  const further = [...(isSparse ? ['LEFT OUT'] : []), ...(isRenamed ? ['RENAMED FROM'] : [])];
  return textTable([...head, ...further], rows);
}

function rawFileTable({ rawFiles = [] }: InspectResult['inventory']): string[] {
  if (rawFiles.length === 0) return [];
  const rows = rawFiles.map(({ name, digest, size }) => [name, shortDigest(digest), formatByteSize(size)]);
  return ['', textTable(['FILE', 'DIGEST', 'SIZE'], rows)];
}

function clusterDefinitions({ files }: InspectResult['inventory']): [string, string][] {
  return files
    .filter(({ path }) => path.startsWith(clusterDefinitionFolder))
    .map(({ path, size }) => [
      'cluster definition',
      `${path.slice(clusterDefinitionFolder.length)}, ${formatByteSize(size)}`,
    ]);
}

interface PlacedImage {
  readonly image: BundledImage;
  /** 0 for images that were asked for, 1 for their companions, and so on. */
  readonly depth: number;
}

function imageRow({ image, depth }: PlacedImage, isSparse: boolean): string[] {
  const { reference, digest, platforms, omittedPlatforms, artifactType } = image;
  return [
    depth === 0 ? reference : `${'  '.repeat(Math.min(depth, deepestShown))}${shortName(image)}`,
    shortDigest(digest),
    isChart(image) ? 'Helm chart' : (artifactType ?? (platforms.join(', ') || '-')),
    ...(isSparse ? [omittedPlatforms.join(', ') || '-'] : []),
  ];
}

/** Below each image its companions, and theirs below them; those of one that is in several places only once. */
function inTheirPlaces(images: readonly BundledImage[]): PlacedImage[] {
  const companions = new Map(images.filter(isCompanion).map((image) => [image.reference, image]));
  const byOwner = companionsByOwner(images);
  const placed: PlacedImage[] = [];
  const opened = new Set<string>();
  const toPlace: PlacedImage[] = images
    .filter((image) => !isCompanion(image))
    .toReversed()
    .map((image) => ({ image, depth: 0 }));
  // No recursion: how deep a file of others goes nobody knows.
  for (let next = toPlace.pop(); next !== undefined; next = toPlace.pop()) {
    placed.push(next);
    const { reference } = next.image;
    if (opened.has(reference)) continue;
    opened.add(reference);
    for (const name of (byOwner.get(reference) ?? []).toReversed()) {
      const image = companions.get(name);
      if (image !== undefined) toPlace.push({ image, depth: next.depth + 1 });
    }
  }
  return placed;
}

/** Tag or digest: the repository is that of the image. Digests are cut as everywhere in the table. */
function shortName({ reference }: BundledImage): string {
  const { tag, digest } = parseReference(reference);
  if (tag === undefined) return digest === undefined ? reference : `@sha256:${shortDigest(digest)}…`;
  return tag.replace(/^(sha256-[0-9a-f]{12})[0-9a-f]{52}/, '$1…');
}

function shortDigest(digest: Digest): string {
  return digestHex(digest).slice(0, shownDigits);
}
