import { chartMediaTypes } from '../chart/chart-artifact.ts';
import { versionOfTag } from '../chart/chart-reference.ts';
import { chooseVersion } from '../chart/choose-version.ts';
import type { DefinedChart } from '../definition/definition.ts';
import { PaletteEdgeError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { maximumManifestSize, parseManifest } from '../oci/manifest.ts';
import { formatRepository, parseReference } from '../oci/reference.ts';
import { withoutQuery } from '../profile/requested-chart.ts';
import type { ChartRequest } from '../profile/requested-chart.ts';
import type { ExistingBundles } from './existing-bundles.ts';

/** A chart of an existing bundle, as a definition has it. */
export interface BundledChartPin extends Pick<DefinedChart, 'provenance'> {
  readonly version: string;
  /** Of the archive of an HTTP repository, of the manifest of a registry. */
  readonly digest: Digest;
}

/**
 * What a chart that is asked for was when existing bundles were built: of a range the newest that they have.
 *
 * @returns undefined when no bundle has it, or when they do not agree
 */
export async function bundledChart(
  request: ChartRequest,
  bundles: ExistingBundles,
  signal: AbortSignal,
): Promise<BundledChartPin | undefined> {
  const isOci = request.repository.startsWith('oci://');
  const known = isOci ? chartsOfRegistry(request, bundles) : chartsOfRepository(request, bundles);
  const version = chooseVersion(
    known.map((chart) => chart.version),
    request.version,
  );
  const fitting = known.filter((chart) => chart.version === version);
  const [first] = fitting;
  if (first === undefined || version === undefined) return undefined;
  if (fitting.some(({ manifest }) => manifest.digest !== first.manifest.digest)) return undefined;
  if (isOci) return { version, digest: first.manifest.digest };
  const files = await filesOf(first.manifest, bundles, signal);
  return files === undefined ? undefined : { version, ...files };
}

interface KnownChart {
  readonly version: string;
  readonly manifest: Descriptor;
}

/** By reference: the tag is the version, or whatever else it was asked for by. */
function chartsOfRegistry({ repository, name }: ChartRequest, bundles: ExistingBundles): KnownChart[] {
  const wanted = placeOf(`${repository}/${name}`);
  return bundles.charts().flatMap(({ sourceReference, manifest }) => {
    const reference = parseReference(sourceReference);
    if (formatRepository(reference) !== wanted || reference.tag === undefined) return [];
    return [{ version: versionOfTag(reference.tag), manifest }];
  });
}

/** @returns undefined for what no registry can have */
function placeOf(text: string): string | undefined {
  try {
    return formatRepository(parseReference(text));
  } catch (error) {
    if (error instanceof PaletteEdgeError) return undefined;
    throw error;
  }
}

function chartsOfRepository({ repository, name }: ChartRequest, bundles: ExistingBundles): KnownChart[] {
  const source = withoutQuery(repository);
  return bundles
    .charts()
    .filter(({ chart }) => chart.source === source && chart.name === name)
    .map(({ chart, manifest }) => ({ version: chart.version, manifest }));
}

/** @returns undefined when the manifest is no chart's, or no bundle that has it can be read */
async function filesOf(
  manifest: Descriptor,
  bundles: ExistingBundles,
  signal: AbortSignal,
): Promise<Omit<BundledChartPin, 'version'> | undefined> {
  const content = manifest.size > maximumManifestSize ? undefined : await bundles.find(manifest);
  if (content === undefined) return undefined;
  try {
    const pieces: Uint8Array[] = [];
    for await (const bytes of await content.open({ signal })) pieces.push(bytes);
    const parsed = parseManifest(Buffer.concat(pieces), manifest.mediaType, manifest.digest);
    const layers = parsed.kind === 'image' ? parsed.layers : [];
    const digestOf = (type: string) => layers.find(({ mediaType }) => mediaType === type)?.digest;
    const digest = digestOf(chartMediaTypes.content);
    const provenance = digestOf(chartMediaTypes.provenance) ?? 'none';
    return digest === undefined ? undefined : { digest, provenance };
  } catch (error) {
    bundles.giveUp(content.path, error);
    // Another one may have it.
    return await filesOf(manifest, bundles, signal);
  }
}
