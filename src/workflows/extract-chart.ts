import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { BundledBlob, BundledChart } from '../bundle/inventory.ts';
import type { BlobInTurn } from '../bundle/stream-reader.ts';
import { chartMediaTypes } from '../chart/chart-artifact.ts';
import { PaletteEdgeError } from '../errors.ts';
import { withMadeFolder } from '../io/with-made-folder.ts';
import type { BlobIdentity, Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { maximumManifestSize, parseManifest } from '../oci/manifest.ts';
import { readWholeBlob } from '../oci/read-whole-blob.ts';
import type { ExtractOptions } from './extract-image.ts';
import { countedBlobs, extractStream, requireFreeFile } from './extract-output.ts';
import type { StreamOutput } from './extract-output.ts';
import { requireFreeSpace } from './require-free-space.ts';
import type { BundleSource } from './with-bundle-source.ts';

/** A chart that was extracted. */
export interface ExtractedChart {
  readonly kind: 'chart';
  readonly name: string;
  readonly version: string;
  /** Of the archive. */
  readonly digest: Digest;
  readonly bytes: number;
  /** Path of the provenance file, for `helm verify`: beside the archive, when the bundle has one. */
  readonly provenance?: string;
}

/** A chart, by its manifest. */
interface ChartRoot {
  /** For messages. */
  readonly reference: string;
  /** Undefined when the bundle does not hold it. */
  readonly root: BundledBlob | undefined;
}

/** What a chart consists of: the `.tgz` as Helm pulls it, and what signs it. */
export interface ChartFiles {
  readonly archive: BlobIdentity;
  readonly provenance: BlobIdentity | undefined;
}

/**
 * Extracts the archive of one chart, byte for byte; into a file, with `.prov` beside it, where there is one. When one of the two fails,
 * neither is left.
 *
 * @throws PaletteEdgeError of kind usage: `OUTPUT_TAKEN`, `CHART_AMBIGUOUS`; `NO_SUCH_CHART` (kind notFound); of kind content for what is
 *   damaged
 */
export async function extractChart(
  source: BundleSource,
  { chart: wanted, output }: { readonly chart: string; readonly output: StreamOutput },
  { listener, signal }: ExtractOptions,
): Promise<ExtractedChart> {
  if ('path' in output) await requireFreeFile(output.path);
  const { name, version, reference, ...chart } = chosenChart(source, wanted);
  const root = source.inventory.blobs.find((blob) => blob.digest === chart.digest);
  const { archive, provenance } = await readChartFiles(source, { reference, root }, signal);
  const signature = signatureOutput(output, provenance);
  if (signature !== undefined) await requireFreeFile(signature.path);
  const outputs = new Map<Digest, StreamOutput>([[archive.digest, output]]);
  if (signature !== undefined) outputs.set(signature.digest, { path: signature.path });
  const bytes = archive.size + (signature?.size ?? 0);
  if ('path' in output)
    await requireFreeSpace({ path: output.path, what: 'the chart', bytes, flag: '--output' });
  listener.onStart(bytes);
  const blobs = countedBlobs(
    source.blobs((wantedBlob) => outputs.has(wantedBlob), signal),
    listener.onBytes,
  );
  const write = async (): Promise<void> => await writeAllOrNone(blobs, outputs);
  await ('path' in output ? withMadeFolder(dirname(output.path), write) : write());
  const { digest, size } = archive;
  return { kind: 'chart', name, version, digest, bytes: size, provenance: signature?.path };
}

async function writeAllOrNone(
  blobs: AsyncIterable<BlobInTurn>,
  outputs: ReadonlyMap<Digest, StreamOutput>,
): Promise<void> {
  const written: string[] = [];
  try {
    for await (const { blob, content } of blobs) {
      const output = outputs.get(blob.digest);
      if (output === undefined) continue;
      await extractStream(output, content);
      if ('path' in output) written.push(output.path);
    }
  } catch (error) {
    for (const path of written) await rm(path, { force: true });
    throw error;
  }
}

/** Undefined when there is none, or nowhere to put it. */
function signatureOutput(
  output: StreamOutput,
  provenance: BlobIdentity | undefined,
): (BlobIdentity & { readonly path: string }) | undefined {
  if (provenance === undefined || !('path' in output)) return undefined;
  return { digest: provenance.digest, size: provenance.size, path: `${output.path}.prov` };
}

/**
 * Reads the manifest of a chart.
 *
 * @throws PaletteEdgeError of kind content: `CHART_DAMAGED` when it is none of a chart, or names what the bundle does not hold
 */
export async function readChartFiles(
  source: BundleSource,
  { reference, root }: ChartRoot,
  signal: AbortSignal,
): Promise<ChartFiles> {
  if (root === undefined || root.size > maximumManifestSize) throw damaged(reference, 'it has no manifest');
  const manifest = parseManifest(await readWholeBlob(source, root, signal), root.mediaType, reference);
  const layers = manifest.kind === 'image' ? manifest.layers : [];
  const archive = layers.find(({ mediaType }) => mediaType === chartMediaTypes.content);
  const provenance = layers.find(
    ({ mediaType, digest: signed }) => mediaType === chartMediaTypes.provenance && signed !== archive?.digest,
  );
  if (archive === undefined) throw damaged(reference, 'its manifest names no archive');
  for (const blob of [archive, ...(provenance === undefined ? [] : [provenance])]) {
    if ((await source.sizeOf(blob.digest)) !== blob.size)
      throw damaged(reference, `${blob.digest} is not in the bundle`);
  }
  return { archive: bare(archive), provenance: provenance === undefined ? undefined : bare(provenance) };
}

/** Annotations may take more memory than all the rest. */
function bare({ digest, size }: Descriptor): BlobIdentity {
  return { digest, size };
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
