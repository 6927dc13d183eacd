import type { FoundChart } from '../chart/chart-repositories.ts';
import type { DefinedChart } from '../definition/definition.ts';
import { PaletteEdgeError } from '../errors.ts';
import { digestOf, toDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { parseReference } from '../oci/reference.ts';
import { checkPin } from './check-pin.ts';
import type { CheckOptions, OtherPin } from './check-pin.ts';
import { definedChartRequest } from './load-definition.ts';
import { chartNameBefore } from './scope-charts.ts';

/**
 * Asks what a chart of a definition is now: the tag of its version in a registry, or what the index of an HTTP repository has
 * under its version. An archive is fetched only where the index has no digest.
 *
 * @returns undefined when all is as it was
 * @throws PaletteEdgeError as registry and repository do
 */
export async function checkChart(
  chart: DefinedChart,
  digest: Digest,
  options: CheckOptions,
): Promise<OtherPin | undefined> {
  const { repository, name, wantsDigest = false } = chart;
  if (repository.startsWith('oci://')) {
    const request = definedChartRequest({ ...chart, wantsDigest: false }, []);
    const named = chartNameBefore(request) ?? parseReference(`${repository}/${name}`);
    // A digest that was asked for never moves.
    return await checkPin(wantsDigest ? { ...named, tag: undefined } : named, digest, options);
  }
  const found = await findChart(chart, options);
  if (found === undefined) return { current: undefined, isStillThere: false };
  const { repositories, signal } = options;
  const current =
    found.sha256 === undefined
      ? digestOf(await repositories.fetchArchive(found, signal))
      : toDigest(found.sha256);
  return current === digest ? undefined : { current, isStillThere: false };
}

/**
 * Asks whether the provenance file beside the archive of a chart is still the one of the definition.
 *
 * @returns undefined when it is, and when the chart itself is gone
 * @throws PaletteEdgeError as the repository does, and `CHART_PROVENANCE_UNKNOWN` (kind network) when it does not say
 */
export async function checkProvenance(
  chart: DefinedChart,
  digest: Digest,
  options: CheckOptions,
): Promise<OtherPin | undefined> {
  const found = await findChart(chart, options);
  if (found === undefined) return undefined;
  const { bytes, doubt } = await options.repositories.fetchProvenance(found, options.signal);
  if (doubt !== undefined) throw new PaletteEdgeError('CHART_PROVENANCE_UNKNOWN', doubt, { kind: 'network' });
  const current = bytes === undefined ? undefined : digestOf(bytes);
  return current === digest ? undefined : { current, isStillThere: false };
}

/** @returns undefined when the repository does not have it */
async function findChart(
  chart: DefinedChart,
  { repositories, signal }: CheckOptions,
): Promise<FoundChart | undefined> {
  const request = definedChartRequest(chart, []);
  try {
    return await repositories.find(new URL(request.repository), request, signal);
  } catch (error) {
    if (error instanceof PaletteEdgeError && error.code === 'CHART_NOT_FOUND') return undefined;
    throw error;
  }
}
