import { setImmediate as turn } from 'node:timers/promises';

import type { BundleReader } from '../bundle/bundle-reader.ts';
import type { HeldImage } from '../bundle/image-content.ts';
import { inventoryId, isChart } from '../bundle/inventory.ts';
import type { BundledImage } from '../bundle/inventory.ts';
import { digestOf } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import type { GraphImage } from '../oci/image-graph.ts';
import { isCompanion } from '../oci/origin.ts';
import { formatPlatform } from '../oci/platform.ts';
import type { LargeFile } from '../report/packages/largest-files.ts';
import type { LayerFindings } from '../report/packages/layer-findings.ts';
import { mergeFindings } from '../report/packages/merge-findings.ts';
import type {
  ReportContent,
  ReportedArtifact,
  ReportedPlatform,
  ReportTool,
} from '../report/report-content.ts';
import type { Warning } from '../warning.ts';
import { readImageConfig } from './image-config.ts';
import type { ImageConfig } from './image-config.ts';
import { heldImages } from './inspect-tree.ts';
import type { OpenedWithBases } from './open-with-bases.ts';
import { mostPackages, reportTooLarge, scanLayers } from './scan-layers.ts';
import type { LayerToScan, ReportListener } from './scan-layers.ts';
import { selectImages } from './select-images.ts';

/** What is reported of a bundle. */
export interface GatherRequest {
  /** Patterns of references; none for all. */
  readonly patterns: readonly string[];
  readonly tool: ReportTool;
  /** Whether layers are left unread: then no packages and files are found. */
  readonly skipsLayers?: boolean;
  /** The moment that the report tells, in seconds since 1970; undefined takes that of the newest image. */
  readonly moment: number | undefined;
}

/** Everything that a report of a bundle tells. */
export interface GatheredReport {
  readonly content: ReportContent;
  /** Layers that were read. */
  readonly layers: number;
  /** Of each layer that was read, some of its files: the largest first. */
  readonly largest: ReadonlyMap<Digest, readonly LargeFile[]>;
  readonly warnings: readonly Warning[];
}

/**
 * Reads what is in a bundle: manifests and configs of its images, and packages in their layers.
 *
 * @throws PaletteEdgeError `NO_SUCH_IMAGE` (kind notFound), `REPORT_TOO_LARGE`, of kind content for what is damaged, `BASE_NEEDED` (kind notFound)
 */
export async function gatherReport(
  { reader, require }: Pick<OpenedWithBases, 'reader' | 'require'>,
  { patterns, tool, moment, skipsLayers = false }: GatherRequest,
  { listener, signal }: { readonly listener: ReportListener; readonly signal: AbortSignal },
): Promise<GatheredReport> {
  const { inventory } = reader;
  const { images: selected, warnings } = selectImages([inventory.images], patterns);
  const chosen = selected[0] ?? [];
  const held = await heldImages({ ...sourceOf(reader), inventory: { ...inventory, images: chosen } }, signal);
  const graphs = distinctImages([...held.values()]);
  const configs = await readConfigs(reader, graphs, signal);
  const layers = skipsLayers ? [] : layersOf(graphs, configs);
  await require(signal, layers.map(({ digest }) => digest));
  const findings = await scanLayers(reader, layers, { listener, signal });
  const platforms = await platformsOf(graphs, findings, signal);
  const content: ReportContent = {
    name: inventory.name,
    // The same for a squeezed one: it has the same content.
    id: inventoryId(reader.inventoryBytes),
    inventory: digestOf(reader.inventoryBytes),
    chosen: patterns,
    tool,
    created: createdText(moment, configs),
    images: chosen.flatMap((image) => reportedImage(image, held.get(image.digest), platforms)),
    artifacts: chosen
      .filter((image) => !isImage(image, held.get(image.digest)))
      .map((image) => artifactOf(image, reader)),
    files: patterns.length === 0 ? (inventory.rawFiles ?? []) : [],
  };
  const largest = new Map([...findings].map(([digest, each]) => [digest, each.largest]));
  return { content, layers: layers.length, largest, warnings: [...warnings, ...platformWarnings(content)] };
}

function sourceOf(reader: BundleReader): Parameters<typeof heldImages>[0] {
  return {
    inventory: reader.inventory,
    sizeOf: async (digest) => await reader.sizeOf(digest),
    open: async (blob, options) => await reader.open(blob, options),
  };
}

/** The images of all platforms, each once, by the digests of their manifests. */
function distinctImages(held: readonly HeldImage[]): ReadonlyMap<Digest, GraphImage> {
  const images = held
    .filter(({ image }) => !isCompanion(image) && !isChart(image))
    .flatMap(({ graph }) => graph.images);
  return new Map(images.map((image) => [image.manifest.digest, image]));
}

async function readConfigs(
  reader: BundleReader,
  graphs: ReadonlyMap<Digest, GraphImage>,
  signal: AbortSignal,
): Promise<ReadonlyMap<Digest, ImageConfig>> {
  const configs = new Map<Digest, ImageConfig>();
  for (const { config } of graphs.values()) {
    if (!configs.has(config.digest))
      configs.set(config.digest, await readImageConfig(reader, config, signal));
  }
  return configs;
}

function layersOf(
  graphs: ReadonlyMap<Digest, GraphImage>,
  configs: ReadonlyMap<Digest, ImageConfig>,
): LayerToScan[] {
  const layers = new Map<Digest, LayerToScan>();
  for (const { config, layers: own } of graphs.values()) {
    const diffIds = configs.get(config.digest)?.diffIds ?? new Set();
    for (const { digest, size } of own) {
      if (!layers.has(digest)) layers.set(digest, { digest, size, diffIds });
    }
  }
  return [...layers.values()];
}

async function platformsOf(
  graphs: ReadonlyMap<Digest, GraphImage>,
  findings: ReadonlyMap<Digest, LayerFindings>,
  signal: AbortSignal,
): Promise<ReadonlyMap<Digest, ReportedPlatform>> {
  const platforms = new Map<Digest, ReportedPlatform>();
  let packages = 0;
  for (const [digest, { platform, layers }] of graphs) {
    // Layers are put upon each other in one go: between images an interrupt is heard.
    await turn();
    signal.throwIfAborted();
    const scanned = layers.flatMap((layer) => {
      const found = findings.get(layer.digest);
      return found === undefined ? [] : [{ digest: layer.digest, findings: found }];
    });
    const content = mergeFindings(scanned);
    packages += content.packages.length;
    if (packages > mostPackages) throw reportTooLarge();
    platforms.set(digest, {
      digest,
      platform: platform === undefined ? undefined : formatPlatform(platform),
      layers: layers.map((layer) => layer.digest),
      content,
    });
  }
  return platforms;
}

function isImage(image: BundledImage, held: HeldImage | undefined): boolean {
  return !isCompanion(image) && !isChart(image) && held !== undefined && held.graph.images.length > 0;
}

function reportedImage(
  image: BundledImage,
  held: HeldImage | undefined,
  platforms: ReadonlyMap<Digest, ReportedPlatform>,
): ReportContent['images'] {
  if (held === undefined || !isImage(image, held)) return [];
  const own = held.graph.images.flatMap(({ manifest }) => platforms.get(manifest.digest) ?? []);
  return [{ reference: image.reference, digest: image.digest, platforms: own }];
}

function artifactOf(
  { reference, digest, artifactType, origins }: BundledImage,
  { inventory }: BundleReader,
): ReportedArtifact {
  const chart = inventory.charts.find((each) => each.reference === reference);
  const owners = origins.flatMap((origin) => (origin.kind === 'referrer' ? [origin.of] : []));
  return {
    reference,
    digest,
    artifactType,
    chart: chart === undefined ? undefined : { name: chart.name, version: chart.version },
    about: [...new Set(owners)].toSorted(),
  };
}

/** The newest image is what the bundle cannot be older than. Years of five digits are written in another way. */
function createdText(moment: number | undefined, configs: ReadonlyMap<Digest, ImageConfig>): string {
  const newest = [...configs.values()].reduce((latest, { created = 0 }) => Math.max(latest, created), 0);
  const milliseconds = moment === undefined ? newest : moment * 1000;
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}

function platformWarnings({ images }: ReportContent): Warning[] {
  const told = new Set<ReportedPlatform>();
  return images.flatMap(({ reference, platforms }) =>
    platforms.flatMap((platform) => {
      if (told.has(platform)) return [];
      told.add(platform);
      const place = `${reference} (${platform.platform ?? 'unknown platform'})`;
      return platform.content.warnings.map(({ code, message }) => ({
        code,
        message: `${place}: ${message}`,
      }));
    }),
  );
}
