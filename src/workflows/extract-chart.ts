import type { BundledChart } from '../bundle/inventory.ts';
import { chartMediaTypes } from '../chart/chart-artifact.ts';
import { PaletteEdgeError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { maximumManifestSize, parseManifest } from '../oci/manifest.ts';
import { readWholeBlob } from '../oci/read-whole-blob.ts';
import { extractBlob } from './extract-file.ts';
import type { ExtractOptions } from './extract-image.ts';
import { requireFreeFile } from './extract-output.ts';
import type { StreamOutput } from './extract-output.ts';
import type { BundleSource } from './with-bundle-source.ts';

/** A chart that was extracted. */
export interface ExtractedChart {
  readonly kind: 'chart';
  readonly name: string;
  readonly version: string;
  /** Of the archive. */
  readonly digest: Digest;
  readonly bytes: number;
  /** Whether there is a provenance file in the bundle, for `helm verify`. */
  readonly hasProvenance: boolean;
}

/** What a chart consists of: the `.tgz` as Helm pulls it, and what signs it. */
export interface ChartFiles {
  readonly archive: Descriptor;
  readonly provenance: Descriptor | undefined;
}

/**
 * Extracts the archive of one chart, byte for byte.
 *
 * @throws PaletteEdgeError of kind usage: `OUTPUT_TAKEN`, `CHART_AMBIGUOUS`; `NO_SUCH_CHART` (kind notFound); of kind content for what is
 *   damaged
 */
export async function extractChart(
  source: BundleSource,
  { chart: wanted, output }: { readonly chart: string; readonly output: StreamOutput },
  options: ExtractOptions,
): Promise<ExtractedChart> {
  if ('path' in output) await requireFreeFile(output.path);
  const chart = chosenChart(source, wanted);
  const { archive, provenance } = await readChartFiles(source, chart, options.signal);
  await extractBlob(source, { blob: archive, output }, options);
  const { name, version } = chart;
  const { digest, size } = archive;
  return { kind: 'chart', name, version, digest, bytes: size, hasProvenance: provenance !== undefined };
}

/**
 * Reads the manifest of a chart.
 *
 * @throws PaletteEdgeError of kind content: `CHART_DAMAGED` when it is none of a chart, or names what the bundle does not hold
 */
export async function readChartFiles(
  source: BundleSource,
  { reference, digest }: Pick<BundledChart, 'reference' | 'digest'>,
  signal: AbortSignal,
): Promise<ChartFiles> {
  const root = source.inventory.blobs.find((blob) => blob.digest === digest);
  if (root === undefined || root.size > maximumManifestSize) throw damaged(reference, 'it has no manifest');
  const manifest = parseManifest(await readWholeBlob(source, root, signal), root.mediaType, reference);
  const layers = manifest.kind === 'image' ? manifest.layers : [];
  const archive = layers.find(({ mediaType }) => mediaType === chartMediaTypes.content);
  const provenance = layers.find(({ mediaType }) => mediaType === chartMediaTypes.provenance);
  if (archive === undefined) throw damaged(reference, 'its manifest names no archive');
  for (const blob of [archive, ...(provenance === undefined ? [] : [provenance])]) {
    if ((await source.sizeOf(blob.digest)) !== blob.size)
      throw damaged(reference, `${blob.digest} is not in the bundle`);
  }
  return { archive, provenance };
}

/** By `NAME`, `NAME:VERSION`, or the whole reference. */
function chosenChart({ inventory: { charts }, path }: BundleSource, wanted: string): BundledChart {
  const fitting = charts.filter(({ name, version, reference }) => {
    return wanted === name || wanted === `${name}:${version}` || wanted === reference;
  });
  const [first] = fitting;
  if (first === undefined) throw noSuchChart(charts, { wanted, path });
  if (fitting.some(({ digest }) => digest !== first.digest)) throw ambiguous(fitting, wanted);
  return first;
}

function noSuchChart(
  charts: readonly BundledChart[],
  { wanted, path }: { readonly wanted: string; readonly path: string },
): PaletteEdgeError {
  const shown = charts.slice(0, 10).map(({ name, version }) => `${name}:${version}`);
  return new PaletteEdgeError('NO_SUCH_CHART', `--chart ${wanted} names no chart of ${path}`, {
    kind: 'notFound',
    suggestions: [shown.length === 0 ? 'It has no charts.' : `It has: ${shown.join(', ')}`],
  });
}

function ambiguous(fitting: readonly BundledChart[], wanted: string): PaletteEdgeError {
  return new PaletteEdgeError('CHART_AMBIGUOUS', `--chart ${wanted} fits ${fitting.length} charts`, {
    kind: 'usage',
    suggestions: fitting
      .slice(0, 10)
      .map(({ name, version, reference }) =>
        wanted === name && isOnly(fitting, version)
          ? `Name this one: --chart ${name}:${version}`
          : `Name this one: --chart ${reference}`,
      ),
  });
}

function isOnly(charts: readonly BundledChart[], version: string): boolean {
  return charts.filter((chart) => chart.version === version).length === 1;
}

function damaged(reference: string, reason: string): PaletteEdgeError {
  return new PaletteEdgeError('CHART_DAMAGED', `the chart ${reference} is damaged: ${reason}`, {
    kind: 'content',
    suggestions: ['palette-edge verify tells what else is damaged.'],
  });
}
