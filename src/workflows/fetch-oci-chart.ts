import { maximumArchiveSize } from '../chart/chart-archive.ts';
import { chartMediaTypes } from '../chart/chart-artifact.ts';
import { chartTag, versionOfTag } from '../chart/chart-reference.ts';
import { chooseVersion, isExactVersion } from '../chart/choose-version.ts';
import { PaletteEdgeError } from '../errors.ts';
import { isRecord } from '../io/is-record.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { walkImage } from '../oci/image-graph.ts';
import type { ImageGraph } from '../oci/image-graph.ts';
import { readWholeBlob } from '../oci/read-whole-blob.ts';
import { formatReference, parseReference } from '../oci/reference.ts';
import type { Reference } from '../oci/reference.ts';
import { chartTitle } from '../profile/requested-chart.ts';
import type { RequestedChart } from '../profile/requested-chart.ts';
import { fetchSmall } from './fetch-small.ts';
import type { FetchContext } from './fetch-small.ts';
import type { PinnedChart } from './pin-charts.ts';
import type { PinnedImage } from './pin-images.ts';

/**
 * Fetches a chart of a registry. Its manifest stays as the registry has it.
 *
 * @throws PaletteEdgeError `CHART_NOT_FOUND`, `CHART_INVALID`, and those of registry and store
 */
export async function fetchOciChart(request: RequestedChart, context: FetchContext): Promise<PinnedChart> {
  const { registry, signal } = context;
  const reference = await referenceOf(request, context);
  const name = formatReference(reference);
  const root = await registry.resolve(reference, signal);
  const fetch = async (descriptor: Descriptor): Promise<Uint8Array> =>
    await fetchSmall(reference, descriptor, context);
  const graph = await walkImage(name, root, { fetch, platforms: undefined });
  const facts = await chartFacts({ reference, graph }, context);
  const layer = graph.blobs.find(({ descriptor }) => descriptor.mediaType === chartMediaTypes.content);
  if (facts === undefined || layer === undefined) throw noChart(request, graph);
  const archive = await fetchArchive(reference, layer.descriptor, context);
  const chart = { ...facts, source: request.repository };
  return { archive, image: { reference, name, origins: request.origins, graph, chart } };
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

/** An exact version is its tag; for a range the registry is asked which there are. */
async function referenceOf(request: RequestedChart, context: FetchContext): Promise<Reference> {
  const { repository, name, version, digest } = request;
  const base = parseReference(`${repository}/${name}`);
  const { registry, repository: path } = base;
  if (digest !== undefined) {
    const tag = isExactVersion(version) ? chartTag(version) : undefined;
    return { registry, repository: path, tag, digest };
  }
  if (isExactVersion(version)) return { registry, repository: path, tag: chartTag(version) };
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
  { registry, store, signal, received, bundles }: FetchContext,
): Promise<Uint8Array> {
  if (blob.size > maximumArchiveSize) {
    throw new PaletteEdgeError(
      'CHART_INVALID',
      `${formatReference(reference)}: its archive has ${blob.size} bytes, over the ${maximumArchiveSize} that a chart may have`,
      { kind: 'content' },
    );
  }
  if ((await store.sizeOf(blob.digest, signal)) !== blob.size) {
    const bundled = await bundles?.find(blob);
    const content =
      bundled === undefined
        ? await registry.blobs(reference).open(blob, { signal })
        : await bundled.open({ signal });
    await store.ingest(blob, content, signal);
    if (bundled === undefined) received.bytes += blob.size;
  }
  return await readWholeBlob(store, blob, signal);
}

function noChart(request: RequestedChart, { artifactType }: ImageGraph): PaletteEdgeError {
  const what =
    artifactType === undefined ? 'an image' : `of the type ${JSON.stringify(artifactType.slice(0, 100))}`;
  return new PaletteEdgeError('CHART_INVALID', `${chartTitle(request)} is no Helm chart: it is ${what}`, {
    kind: 'content',
    suggestions: ['Check the name. Images are named with --image.'],
  });
}
