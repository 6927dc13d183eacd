import type { DefinedChart, DefinedImage } from '../definition/definition.ts';
import { runLimited } from '../io/run-limited.ts';
import type { Digest } from '../oci/digest.ts';
import { chartTitle } from '../profile/requested-chart.ts';
import { checkChart, checkProvenance } from './check-chart.ts';
import { checkPin } from './check-pin.ts';
import type { CheckOptions, OtherPin } from './check-pin.ts';
import { isFailureOfOne } from './image-failure.ts';
import type { LoadedDefinition } from './load-definition.ts';

/** What has become of the images and charts of a definition. */
export interface DefinitionCheck {
  readonly path: string;
  /** How many there are. */
  readonly images: number;
  readonly charts: number;
  /** Those whose tag or version stands for something else now. */
  readonly moved: readonly MovedImage[];
  /** Those whose tag or version, or whose digest when there is none, is gone. */
  readonly gone: readonly GoneImage[];
  /** Those without a digest: there is nothing to compare. */
  readonly unpinned: readonly string[];
  /** Those of which nobody could say. */
  readonly unknown: readonly UnknownImage[];
}

/** An image or chart with its digest in the definition. */
interface CheckedImage {
  /** Of a chart of an HTTP repository, its title. */
  readonly reference: string;
  readonly digest: Digest;
  /** Whether the digest can still be pulled, as far as the registry says; from an HTTP repository it cannot. */
  readonly isStillThere: boolean;
}

interface MovedImage extends CheckedImage {
  /** What the tag stands for now. */
  readonly current: Digest;
}

type GoneImage = CheckedImage;

interface UnknownImage {
  readonly reference: string;
  readonly code: string;
  readonly message: string;
}

/** The registry client bounds requests to each host; this bounds what waits in memory. */
const imagesAtOnce = 32;
/** An archive may be in memory as a whole. */
const chartsAtOnce = 8;

/**
 * Asks registries and chart repositories what the tags and versions of a definition stand for now. Changes nothing.
 *
 * @throws what is no failure of one image or chart: an interruption, a broken setting, a bug
 */
export async function checkDefinition(
  { path, definition }: LoadedDefinition,
  options: CheckOptions,
): Promise<DefinitionCheck> {
  const images = definition.images.map(checkOfImage).toSorted(byReference);
  const charts = definition.charts.flatMap(checksOfChart).toSorted(byReference);
  const run = async (checks: readonly Check[], concurrency: number): Promise<Finding[]> =>
    await runLimited(
      checks,
      { concurrency, signal: options.signal },
      async (check, signal) => await findingOf(check, { ...options, signal }),
    );
  const found = [...(await run(images, imagesAtOnce)), ...(await run(charts, chartsAtOnce))];
  return {
    path,
    images: images.length,
    charts: definition.charts.length,
    moved: found.flatMap(({ moved }) => moved ?? []),
    gone: found.flatMap(({ gone }) => gone ?? []),
    unpinned: found.flatMap(({ unpinned }) => unpinned ?? []),
    unknown: found.flatMap(({ unknown }) => unknown ?? []),
  };
}

/** Something that is pinned, and how it is asked for. */
interface Check {
  readonly reference: string;
  readonly digest: Digest | undefined;
  readonly ask: (digest: Digest, options: CheckOptions) => Promise<OtherPin | undefined>;
}

function byReference(left: Check, right: Check): number {
  return left.reference < right.reference ? -1 : 1;
}

function checkOfImage({ reference, name, digest }: DefinedImage): Check {
  return {
    reference: name,
    digest,
    ask: async (pinned, options) => await checkPin(reference, pinned, options),
  };
}

/** Of the chart, and of its provenance file where that is pinned: a build holds to both. */
function checksOfChart(chart: DefinedChart): Check[] {
  const { repository, name, wanted = '', version = wanted, digest, provenance = 'none' } = chart;
  const title = chartTitle({ repository, name, version });
  const own = {
    reference: title,
    digest,
    ask: async (pinned: Digest, options: CheckOptions) => await checkChart(chart, pinned, options),
  };
  if (provenance === 'none' || digest === undefined) return [own];
  const beside = {
    reference: `provenance file of ${title}`,
    digest: provenance,
    ask: async (pinned: Digest, options: CheckOptions) => await checkProvenance(chart, pinned, options),
  };
  return [own, beside];
}

/** At most one of them. */
interface Finding {
  readonly moved?: MovedImage;
  readonly gone?: GoneImage;
  readonly unpinned?: string;
  readonly unknown?: UnknownImage;
}

async function findingOf(check: Check, options: CheckOptions): Promise<Finding> {
  const { reference, digest } = check;
  if (digest === undefined) return { unpinned: reference };
  try {
    const found = await check.ask(digest, options);
    if (found === undefined) return {};
    const { current, isStillThere } = found;
    const checked = { reference, digest, isStillThere };
    return current === undefined ? { gone: checked } : { moved: { ...checked, current } };
  } catch (error) {
    if (!isFailureOfOne(error)) throw error;
    return { unknown: { reference, code: error.code, message: error.message } };
  }
}
