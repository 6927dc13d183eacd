import { imageGlob } from '../oci/image-glob.ts';
import { isNamedIn } from '../oci/origin.ts';
import type { Reference } from '../oci/reference.ts';
import { ListedImages } from '../profile/listed-images.ts';
import { chartTitle } from '../profile/requested-chart.ts';
import type { RequestedChart } from '../profile/requested-chart.ts';
import type { Warning } from '../warning.ts';
import type { ImageToPin } from './image-to-pin.ts';
import { chartIdentity, chartNameBefore } from './scope-charts.ts';
import type { ExcludedImages, ImageScope } from './scope-images.ts';
import type { ExcludedProfile } from './scope-profiles.ts';

/** What is left out, and what of it there was; lives for one run. */
export class Exclusions {
  readonly #rules: readonly Rule[];

  /** @throws PaletteEdgeError `IMAGE_GLOB_INVALID` (kind usage) */
  constructor(scope: ImageScope, profiles: readonly ExcludedProfile[]) {
    const silent = new Set(scope.silentExcludes);
    this.#rules = [
      ...profiles.map(ruleOfProfile),
      ...scope.excludes.map((text) => ({ ...ruleOfPattern(text), isUsed: silent.has(text) })),
    ];
  }

  /** The images that are not left out. */
  keptImages(images: readonly ImageToPin[]): ImageToPin[] {
    return images.filter((image) => {
      const rule = this.#findRule(({ isImage }) => isImage(image));
      rule?.images.push(image.name);
      return rule === undefined;
    });
  }

  /** The charts that are not left out, as far as that can be told before they are fetched. */
  keptCharts<Chart extends RequestedChart>(charts: readonly Chart[]): Chart[] {
    return charts.filter((chart) => {
      const rule = this.#findRule(({ isChart }) => isChart(chart));
      rule?.charts.push(chartTitle(chart));
      return rule === undefined;
    });
  }

  /** Whether a chart is left out under the name that it turns out to have. */
  leavesOutFetched(reference: Reference, request: RequestedChart): boolean {
    const rule = this.#findRule(({ isFetched }) => isFetched(reference));
    rule?.charts.push(chartTitle(request));
    return rule !== undefined;
  }

  /** Whether an image is left out that no list of the given profiles has. */
  leavesOutFound(reference: Reference, isTagged: boolean): boolean {
    return this.#findRule(({ isFound }) => isFound(reference, isTagged)) !== undefined;
  }

  /** In the order in which they were named; an image or chart counts for the first that leaves it out. */
  counts(): ExcludedImages[] {
    return this.#rules.map(({ by, images, charts }) => ({
      by,
      images,
      ...(charts.length === 0 ? {} : { charts: charts.toSorted() }),
    }));
  }

  /** `EXCLUDE_UNUSED`: what has left nothing out, unless it may. */
  warnings(): Warning[] {
    return this.#rules
      .filter(({ isUsed }) => !isUsed)
      .map(({ by }) => ({ code: 'EXCLUDE_UNUSED', message: `${by} leaves nothing out` }));
  }

  /** The first that it is so of; all of them have their use. */
  #findRule(isSo: (rule: Rule) => boolean): Rule | undefined {
    const found = this.#rules.filter(isSo);
    for (const rule of found) rule.isUsed = true;
    return found.at(0);
  }
}

interface Rule {
  readonly by: string;
  readonly isImage: (image: ImageToPin) => boolean;
  readonly isChart: (chart: RequestedChart) => boolean;
  readonly isFetched: (reference: Reference) => boolean;
  readonly isFound: (reference: Reference, isTagged: boolean) => boolean;
  isUsed: boolean;
  readonly images: string[];
  readonly charts: string[];
}

function ruleOfProfile({ text, names, images, charts }: ExcludedProfile): Rule {
  const imageNames = new Set(images.map(({ name }) => name));
  const identities = new Set(charts.map(chartIdentity));
  const listed = new ListedImages(images.map(({ reference }) => reference));
  const isOfGiven = ({ origins }: Pick<ImageToPin, 'origins'>): boolean =>
    names.some((name) => isNamedIn(name, origins));
  return {
    by: `--exclude-profile ${text}`,
    isImage: (image) => imageNames.has(image.name) || isOfGiven(image),
    isChart: (chart) => identities.has(chartIdentity(chart)) || isOfGiven(chart),
    isFetched: () => false,
    isFound: (reference, isTagged) => listed.find(reference, isTagged) === 'listed',
    isUsed: false,
    images: [],
    charts: [],
  };
}

function ruleOfPattern(text: string): Rule {
  const { matches } = imageGlob(text);
  return {
    by: `--exclude ${text}`,
    isImage: ({ reference }) => matches(reference),
    isChart: (chart) => {
      const reference = chartNameBefore(chart);
      return reference !== undefined && matches(reference);
    },
    isFetched: matches,
    isFound: matches,
    isUsed: false,
    images: [],
    charts: [],
  };
}
