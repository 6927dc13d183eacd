import { maximumArchiveSize } from '../chart/chart-archive.ts';
import { chartMediaTypes } from '../chart/chart-artifact.ts';
import { chartTag, versionOfTag } from '../chart/chart-reference.ts';
import { chooseVersion, isExactVersion, isVersionRange } from '../chart/choose-version.ts';
import { PaletteEdgeError } from '../errors.ts';
import { isRecord } from '../io/is-record.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { ImageGraph } from '../oci/image-graph.ts';
import { readWholeBlob } from '../oci/read-whole-blob.ts';
import { formatReference, isTag, parseReference } from '../oci/reference.ts';
import type { Reference } from '../oci/reference.ts';
import { chartTitle } from '../profile/requested-chart.ts';
import type { ChartToPin } from './chart-to-pin.ts';
import { fetchSmall } from './fetch-small.ts';
import type { FetchContext } from './fetch-small.ts';
import type { ChartContext, PinnedChart } from './pin-charts.ts';
import type { PinnedImage } from './pin-images.ts';
import { readAtHand } from './read-at-hand.ts';
import { rootOf } from './root-of.ts';
import { walkFromRoot } from './walk-from-root.ts';

/**
 * Fetches a chart of a registry. Its manifest stays as the registry has it.
 *
 * @throws PaletteEdgeError `CHART_NOT_FOUND`, `CHART_INVALID`, and those of registry and store
 */
export async function fetchOciChart(request: ChartToPin, context: ChartContext): Promise<PinnedChart> {
  const { origins, pin } = request;
  const asked = await referenceOf(request, context);
  const root = await rootOf({ reference: asked, name: chartTitle(request), origins, pin }, context);
  const named = { reference: asked, name: chartTitle(request) };
  const graph = await walkFromRoot(root, named, { ...context, platforms: undefined });
  const facts = await chartFacts({ reference: asked, graph }, context);
  const layer = graph.blobs.find(({ descriptor }) => descriptor.mediaType === chartMediaTypes.content);
  if (facts === undefined || layer === undefined) throw noChart(request, graph);
  const archive = await fetchArchive(asked, layer.descriptor, context);
  const reference = withName(asked, facts.version, root.digest);
  const name = formatReference(reference);
  const chart = { ...facts, source: request.repository };
  const version = reference.tag === undefined ? facts.version : versionOfTag(reference.tag);
  return { archive, version, image: { reference, name, origins, graph, chart } };
}

/** What is pinned and has no version that could be its tag has the version that the chart says it has. */
function withName(asked: Reference, version: string, digest: Digest): Reference {
  if (asked.tag !== undefined || asked.digest !== undefined) return asked;
  const tag = chartTag(version);
  return isTag(tag) ? { ...asked, tag } : { ...asked, digest };
}

/**
 * Name and version of an image that is a chart, from its config.
 *
 * @returns undefined when it is none
 */
export async function chartFacts(
  { reference, graph }: Pick<PinnedImage, 'reference' | 'graph'>,
  context: FetchContext,
): Promise<{ readonly name: string; readonly version: string } | undefined> {
  const config = graph.blobs.find(({ descriptor }) => descriptor.mediaType === chartMediaTypes.config);
  if (graph.artifactType !== chartMediaTypes.config || config === undefined) return undefined;
  const bytes = await fetchSmall(reference, config.descriptor, context);
  const document = parseConfig(bytes);
  const { name, version } = isRecord(document) ? document : {};
  return typeof name === 'string' && typeof version === 'string' ? { name, version } : undefined;
}

function parseConfig(bytes: Uint8Array): unknown {
  try {
    const document: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return document;
  } catch {
    return undefined;
  }
}

/** An exact version is its tag; for a range the registry is asked which there are, unless a digest says which one it is. */
async function referenceOf(request: ChartToPin, context: FetchContext): Promise<Reference> {
  const { repository, name, version, digest, pin } = request;
  const base = parseReference(`${repository}/${name}`);
  const { registry, repository: path } = base;
  if (digest !== undefined) {
    const tag = isExactVersion(version) ? chartTag(version) : undefined;
    return { registry, repository: path, tag, digest };
  }
  if (isExactVersion(version)) return { registry, repository: path, tag: chartTag(version) };
  if (pin !== undefined) {
    const isName = !isVersionRange(version) && isTag(chartTag(version));
    return { registry, repository: path, tag: isName ? chartTag(version) : undefined };
  }
  const tags = await context.registry.listTags({ registry, repository: path }, context.signal);
  const chosen = chooseVersion(tags.map(versionOfTag), version);
  if (chosen !== undefined) return { registry, repository: path, tag: chartTag(chosen) };
  const some = tags.slice(-5).join(', ');
  throw new PaletteEdgeError(
    'CHART_NOT_FOUND',
    `there is no ${chartTitle(request)}; ${some === '' ? 'it has no versions' : `it has ${tags.length > 5 ? '…, ' : ''}${some}`}`,
    { kind: 'notFound', suggestions: ['Check repository, name and version.'] },
  );
}

/** The layer goes into the store as it comes, and is there when blobs are pulled. */
async function fetchArchive(
  reference: Reference,
  blob: Descriptor,
  { registry, store, signal, received, bundles, shared }: FetchContext,
): Promise<Uint8Array> {
  if (blob.size > maximumArchiveSize) {
    throw new PaletteEdgeError(
      'CHART_INVALID',
      `${formatReference(reference)}: its archive has ${blob.size} bytes, over the ${maximumArchiveSize} that a chart may have`,
      { kind: 'content' },
    );
  }
  const known = await readAtHand(blob, { store, bundles, shared, signal });
  if (known !== undefined) return known;
  await store.ingest(blob, await registry.blobs(reference).open(blob, { signal }), signal);
  received.bytes += blob.size;
  return await readWholeBlob(store, blob, signal);
}

function noChart(request: ChartToPin, { artifactType }: ImageGraph): PaletteEdgeError {
  const what =
    artifactType === undefined ? 'an image' : `of the type ${JSON.stringify(artifactType.slice(0, 100))}`;
  return new PaletteEdgeError('CHART_INVALID', `${chartTitle(request)} is no Helm chart: it is ${what}`, {
    kind: 'content',
    suggestions: ['Check the name. Images are named with --image.'],
  });
}
