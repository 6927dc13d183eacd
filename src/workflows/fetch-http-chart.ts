import { maximumArchiveSize, readChartArchive } from '../chart/chart-archive.ts';
import { chartArtifact } from '../chart/chart-artifact.ts';
import type { ArtifactBlob, ChartArtifact } from '../chart/chart-artifact.ts';
import { readChartMetadata } from '../chart/chart-metadata.ts';
import { chartReference } from '../chart/chart-reference.ts';
import type { FoundChart } from '../chart/chart-repositories.ts';
import { PaletteEdgeError } from '../errors.ts';
import { digestHex, toDigest } from '../oci/digest.ts';
import { walkImage } from '../oci/image-graph.ts';
import { onePiece } from '../oci/one-piece.ts';
import { readWholeBlob } from '../oci/read-whole-blob.ts';
import { formatReference } from '../oci/reference.ts';
import { chartTitle, withoutQuery } from '../profile/requested-chart.ts';
import type { RequestedChart } from '../profile/requested-chart.ts';
import type { ChartContext, PinnedChart } from './pin-charts.ts';

/**
 * Fetches a chart of an HTTP repository and makes of it the image that `helm push` would. An archive that the store has
 * already, by the digest in the index, is not fetched again.
 *
 * @throws PaletteEdgeError as the repository, the chart's reader and the store do
 */
export async function fetchHttpChart(request: RequestedChart, context: ChartContext): Promise<PinnedChart> {
  const { repositories, signal } = context;
  const repository = new URL(request.repository);
  const found = await repositories.find(repository, request, signal);
  const wanted = checkDigest(request, found);
  const archive = await archiveOf(wanted, context);
  const provenance = await repositories.fetchProvenance(wanted, signal);
  const title = chartTitle(request);
  const metadata = readChartMetadata(await readChartArchive(archive, title), title);
  const artifact = chartArtifact(archive, metadata, provenance);
  const blobs = [...artifact.blobs, artifact.manifest];
  for (const blob of blobs) await keep(blob, context);
  const reference = chartReference(repository, metadata);
  const name = formatReference(reference);
  const { version } = metadata;
  const chart = { name: metadata.name, version, source: withoutQuery(request.repository) };
  const graph = await walkImage(name, artifact.manifest.descriptor, {
    fetch: readerOf(artifact),
    platforms: undefined,
  });
  return { archive, image: { reference, name, origins: request.origins, graph, chart } };
}

/** Nobody else has the blob: what is damaged in the store must be found now, not when the bundle is written. */
async function keep({ descriptor, bytes }: ArtifactBlob, { store, signal }: ChartContext): Promise<void> {
  await store.ingest(descriptor, onePiece(bytes), signal);
  try {
    await readWholeBlob(store, descriptor, signal);
  } catch (error) {
    if (!(error instanceof PaletteEdgeError) || error.kind !== 'content') throw error;
    // It is no longer in the store.
    await store.ingest(descriptor, onePiece(bytes), signal);
  }
}

/** A digest that was asked for must be that of the index; it takes its place where the index has none. */
function checkDigest({ digest, ...request }: RequestedChart, found: FoundChart): FoundChart {
  if (digest === undefined) return found;
  const sha256 = digestHex(digest);
  if (found.sha256 === undefined || found.sha256 === sha256) return { ...found, sha256 };
  throw new PaletteEdgeError(
    'DIGEST_MISMATCH',
    `${chartTitle(request)} is to have the sha256 ${sha256}; the index of its repository says ${found.sha256}`,
    {
      kind: 'content',
      suggestions: ['The chart was replaced under the same version: ask for the one that is there now.'],
    },
  );
}

async function archiveOf(found: FoundChart, context: ChartContext): Promise<Uint8Array> {
  const { repositories, signal, received } = context;
  const stored = found.sha256 === undefined ? undefined : await storedArchive(found.sha256, context);
  if (stored !== undefined) return stored;
  const archive = await repositories.fetchArchive(found, signal);
  received.bytes += archive.length;
  return archive;
}

/** @returns undefined when the store does not have it, or had it damaged and has removed it */
async function storedArchive(
  sha256: string,
  { store, signal }: ChartContext,
): Promise<Uint8Array | undefined> {
  const digest = toDigest(sha256);
  const size = await store.sizeOf(digest, signal);
  if (size === undefined || size > maximumArchiveSize) return undefined;
  try {
    return await readWholeBlob(store, { digest, size }, signal);
  } catch (error) {
    if (error instanceof PaletteEdgeError && error.kind === 'content') return undefined;
    throw error;
  }
}

function readerOf({
  manifest,
  blobs,
}: ChartArtifact): (wanted: ArtifactBlob['descriptor']) => Promise<Uint8Array> {
  const known = new Map([manifest, ...blobs].map(({ descriptor, bytes }) => [descriptor.digest, bytes]));
  return async ({ digest }) => {
    const bytes = known.get(digest);
    if (bytes === undefined) throw new TypeError(`no blob ${digest}`);
    return await Promise.resolve(bytes);
  };
}
