import { maximumArchiveSize, readChartArchive } from '../chart/chart-archive.ts';
import { chartArtifact } from '../chart/chart-artifact.ts';
import type { ArtifactBlob, ChartArtifact } from '../chart/chart-artifact.ts';
import { readChartMetadata } from '../chart/chart-metadata.ts';
import { chartReference } from '../chart/chart-reference.ts';
import { maximumProvenanceSize } from '../chart/chart-repositories.ts';
import type { FoundChart } from '../chart/chart-repositories.ts';
import { isVersionRange } from '../chart/choose-version.ts';
import { PaletteEdgeError } from '../errors.ts';
import { digestHex, digestOf, toDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { walkImage } from '../oci/image-graph.ts';
import { onePiece } from '../oci/one-piece.ts';
import { readWholeBlob } from '../oci/read-whole-blob.ts';
import { formatReference } from '../oci/reference.ts';
import { chartTitle, withoutQuery } from '../profile/requested-chart.ts';
import type { ChartToPin } from './chart-to-pin.ts';
import type { ChartContext, PinnedChart } from './pin-charts.ts';
import { readDigestAtHand } from './read-at-hand.ts';

/**
 * Fetches a chart of an HTTP repository and makes of it the image that `helm push` would. An archive that the store or an
 * existing bundle has already, by the digest in the index, is not fetched again; where a definition says all that the
 * repository would be asked for, and all of it is at hand, it is not asked at all.
 *
 * @throws PaletteEdgeError as the repository, the chart's reader and the store do, and `DIGEST_MISMATCH` for what is not as pinned
 */
export async function fetchHttpChart(request: ChartToPin, context: ChartContext): Promise<PinnedChart> {
  const { signal } = context;
  const files = (await filesAtHand(request, context)) ?? (await filesOfRepository(request, context));
  const { archive, provenance, version } = files;
  const title = chartTitle(request);
  const metadata = readChartMetadata(await readChartArchive(archive, title, signal), title);
  const artifact = chartArtifact(archive, metadata, provenance);
  const blobs = [...artifact.blobs, artifact.manifest];
  for (const blob of blobs) await keep(blob, context);
  const reference = chartReference(new URL(request.repository), metadata);
  const name = formatReference(reference);
  const chart = {
    name: metadata.name,
    version: metadata.version,
    source: withoutQuery(request.repository),
  };
  const graph = await walkImage(name, artifact.manifest.descriptor, {
    fetch: readerOf(artifact),
    platforms: undefined,
  });
  return { archive, version, image: { reference, name, origins: request.origins, graph, chart } };
}

/** What a repository has of a chart. */
interface ChartFiles {
  readonly archive: Uint8Array;
  /** Undefined when there is none. */
  readonly provenance: Uint8Array | undefined;
  /** As the index has it. */
  readonly version: string;
}

/** @returns undefined when something is not pinned, or not at hand */
async function filesAtHand(
  { pin, provenance, version }: ChartToPin,
  context: ChartContext,
): Promise<ChartFiles | undefined> {
  if (pin === undefined || provenance === undefined || isVersionRange(version)) return undefined;
  const archive = await readDigestAtHand(pin, maximumArchiveSize, context);
  if (archive === undefined) return undefined;
  if (provenance === 'none') return { archive, provenance: undefined, version };
  const signature = await readDigestAtHand(provenance, maximumProvenanceSize, context);
  return signature === undefined ? undefined : { archive, provenance: signature, version };
}

async function filesOfRepository(request: ChartToPin, context: ChartContext): Promise<ChartFiles> {
  const { repositories, signal } = context;
  const found = await repositories.find(new URL(request.repository), request, signal);
  const wanted = checkDigest(request, found);
  const archive = await archiveOf(wanted, context);
  return { archive, provenance: await provenanceOf(request, wanted, context), version: found.version };
}

/** @throws PaletteEdgeError `DIGEST_MISMATCH` when it is not the one that is pinned, or gone */
async function provenanceOf(
  request: ChartToPin,
  found: FoundChart,
  context: ChartContext,
): Promise<Uint8Array | undefined> {
  const { provenance: expected } = request;
  const { repositories, signal, onWarning } = context;
  if (expected === 'none') return undefined;
  const known =
    expected === undefined ? undefined : await readDigestAtHand(expected, maximumProvenanceSize, context);
  if (known !== undefined) return known;
  const { bytes, doubt } = await repositories.fetchProvenance(found, signal);
  const digest = bytes === undefined ? undefined : digestOf(bytes);
  if (expected !== undefined && digest !== expected)
    throw otherProvenance(request, expected, digest ?? doubt ?? 'there is none');
  if (doubt !== undefined) {
    const message = `${chartTitle(request)} is bundled without a provenance file; whether it has one is not known: ${doubt}`;
    onWarning({ code: 'CHART_PROVENANCE_UNKNOWN', message });
  }
  return bytes;
}

function otherProvenance(request: ChartToPin, expected: Digest, instead: string): PaletteEdgeError {
  return new PaletteEdgeError(
    'DIGEST_MISMATCH',
    `the provenance file of ${chartTitle(request)} is to be ${expected}; now: ${instead}`,
    {
      kind: 'content',
      suggestions: ['To take what is there now, write the definition again with --update.'],
    },
  );
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

/** A digest that is known must be that of the index; it takes its place where the index has none. */
function checkDigest({ pin, digest = pin, ...request }: ChartToPin, found: FoundChart): FoundChart {
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
  const { sha256 } = found;
  const known =
    sha256 === undefined ? undefined : await readDigestAtHand(toDigest(sha256), maximumArchiveSize, context);
  if (known !== undefined) return known;
  const archive = await repositories.fetchArchive(found, signal);
  received.bytes += archive.length;
  return archive;
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
