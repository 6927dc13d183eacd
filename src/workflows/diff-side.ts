import type { BundledChart, BundledImage, Inventory } from '../bundle/inventory.ts';
import { isChart, leadingPaths } from '../bundle/inventory.ts';
import type { DefinedChart, Definition } from '../definition/definition.ts';
import type { Digest } from '../oci/digest.ts';
import { imageGlob } from '../oci/image-glob.ts';
import { isCompanion } from '../oci/origin.ts';
import { formatPlatform } from '../oci/platform.ts';
import { withoutQuery } from '../profile/requested-chart.ts';
import { loadDefinition } from './load-definition.ts';
import { withBundleSource } from './with-bundle-source.ts';
import type { BundleInput } from './with-bundle-source.ts';

/** What is compared: a bundle, however it lies there, or a definition. */
export type DiffSide = BundleSide | DefinitionSide;

interface SideNames {
  /** As it was typed. */
  readonly path: string;
  /** Of the bundle. */
  readonly name: string | undefined;
}

/** A bundle. */
export interface BundleSide extends SideNames {
  readonly kind: 'bundle';
  readonly name: string;
  readonly id: string;
  readonly inventory: Inventory;
}

/** A definition: what it does not pin is not compared. */
interface DefinitionSide extends SideNames {
  readonly kind: 'definition';
  readonly definition: Definition;
}

/** Something that a side has, in the way in which sides are compared. */
export interface SideEntry {
  /** Tells it from others of its side. */
  readonly key: string;
  /** For a person. */
  readonly name: string;
  /** Undefined when a definition does not pin it. */
  readonly digest: Digest | undefined;
  /** Kept platforms; undefined when they do not tell sides apart. */
  readonly platforms?: readonly string[];
}

/** What a side has. */
export interface SideContent {
  readonly images: readonly SideEntry[];
  readonly charts: readonly SideEntry[];
  readonly files: readonly SideEntry[];
}

/**
 * Reads one side of a comparison: files that are called `.yaml`, `.yml` or `.json` are definitions, but for parts lists; everything else is a bundle in any way
 * that every command takes.
 *
 * What comes from a stream is a bundle.
 *
 * @throws PaletteEdgeError for what cannot be read, or is neither
 */
export async function readDiffSide(input: BundleInput): Promise<DiffSide> {
  const { path, stream } = input;
  if (stream === undefined && /\.(?:ya?ml|json)$/i.test(path) && !path.endsWith('.parts.json')) {
    const { definition } = await loadDefinition(path);
    return { kind: 'definition', path, name: definition.options.name, definition };
  }
  return await withBundleSource(input, async ({ id, inventory }) => {
    return await Promise.resolve({ kind: 'bundle', path, name: inventory.name, id, inventory } as const);
  });
}

/** What a side has, as it is compared with the other: what only bundles have is left out where one is a definition. */
export function sideContent(side: DiffSide, other: DiffSide): SideContent {
  if (side.kind === 'definition') return definitionContent(side, other);
  const { images, charts, rawFiles = [], files } = side.inventory;
  const isAmongBundles = other.kind === 'bundle';
  const leading: ReadonlySet<string> = new Set(leadingPaths);
  const own = isAmongBundles ? files.filter(({ path }) => !leading.has(path)) : [];
  return {
    images: images
      .filter((image) => !isChart(image) && (isAmongBundles || !isCompanion(image)))
      .map((image) => imageEntry(image, isAmongBundles)),
    charts: charts.map(chartEntry),
    files: [...rawFiles, ...own.map(({ path, digest }) => ({ name: path, digest }))].map(
      ({ name, digest }) => ({ key: name, name, digest }),
    ),
  };
}

/** A definition has the names from before they were mapped. */
function imageEntry(
  { reference, sourceReference, digest, platforms }: BundledImage,
  isAmongBundles: boolean,
): SideEntry {
  if (isAmongBundles) return { key: reference, name: reference, digest, platforms };
  const name = sourceReference ?? reference;
  return { key: name, name, digest };
}

function chartEntry({ source, name, version, digest }: BundledChart): SideEntry {
  return { key: chartKeyOf(source, name, version), name: `${name} ${version} (${source})`, digest };
}

function definitionContent({ definition }: DefinitionSide, other: DiffSide): SideContent {
  const { images, charts, files, options } = definition;
  const globs = options.exclude.map(imageGlob);
  const kept = images.filter(({ reference }) => !globs.some(({ matches }) => matches(reference)));
  const platforms = other.kind === 'definition' ? options.platforms?.map(formatPlatform) : undefined;
  return {
    images: kept.map(({ name, digest, reference }) => ({
      key: name,
      name,
      digest: digest ?? reference.digest,
      platforms,
    })),
    charts: charts.map((chart) => definedChartEntry(chart, other)),
    files: files.map(({ name, digest }) => ({ key: name, name, digest })),
  };
}

/** Of a version that is not known yet, the one that the other side has. */
function definedChartEntry(
  { repository, name, version, wanted = '', digest }: DefinedChart,
  other: DiffSide,
): SideEntry {
  const source = withoutQuery(repository);
  const known = version ?? versionIn(other, source, name) ?? wanted;
  const entry = { key: chartKeyOf(source, name, known), name: `${name} ${known} (${source})` };
  if (other.kind === 'definition' || digest === undefined) return { ...entry, digest };
  return { ...entry, digest: manifestOf(other, entry.key, digest) };
}

function versionIn(side: DiffSide, source: string, name: string): string | undefined {
  if (side.kind === 'bundle')
    return side.inventory.charts.find((chart) => chart.source === source && chart.name === name)?.version;
  const { charts } = side.definition;
  return charts.find((chart) => withoutQuery(chart.repository) === source && chart.name === name)?.version;
}

/** A definition pins the archive of a chart of an HTTP repository: the bundle that has it has the same chart, under the digest of its manifest. */
function manifestOf({ inventory }: BundleSide, key: string, archive: Digest): Digest {
  const chart = inventory.charts.find(
    ({ source, name, version }) => chartKeyOf(source, name, version) === key,
  );
  const hasArchive = inventory.blobs.some(({ digest }) => digest === archive);
  return chart !== undefined && hasArchive ? chart.digest : archive;
}

function chartKeyOf(source: string, name: string, version: string): string {
  return JSON.stringify([source, name, version]);
}
