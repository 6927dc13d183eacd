import { PaletteEdgeError } from '../errors.ts';
import {
  discoverInAnnotations,
  discoverInRendered,
  discoverInTemplates,
  readChartDefaults,
} from './discover-in-chart.ts';
import type { ChartDefaults, ChartTexts } from './discover-in-chart.ts';
import type { FoundImage } from './discover-reference.ts';
import { ownText } from './own-text.ts';

/** All that is needed of a chart's files, whichever pack asks for it. */
export interface ChartOutline {
  /** Of `artifacthub.io/images`. */
  readonly annotated: readonly FoundImage[];
  /** Of templates and CRDs as they stand. */
  readonly templates: readonly FoundImage[];
  /** Read again whenever it is asked for: trees take ten times the memory of their text. */
  readonly defaults: () => ChartDefaults;
  /** Whether there was more YAML than is read of one chart, in what was read of it until now. */
  readonly isCut: () => boolean;
}

/** Gathers it, so that the files can be let go: they may be 100 MB. */
export function chartOutline(files: ChartTexts): ChartOutline {
  const kept = new Map(
    // A copy: each file is a part of the whole archive.
    [...files].flatMap(([path, bytes]) => (isKept(path) ? [[path, new Uint8Array(bytes)] as const] : [])),
  );
  let isCut = false;
  const onCut = (): void => {
    isCut = true;
  };
  return {
    annotated: discoverInAnnotations(files, onCut).map(detached),
    templates: discoverInTemplates(files, onCut).map(detached),
    defaults: () => readChartDefaults(kept, onCut),
    isCut: () => isCut,
  };
}

/**
 * The images of what `helm template` printed.
 *
 * @returns undefined when that is no YAML
 */
export function renderedImages(rendered: string): readonly FoundImage[] | undefined {
  try {
    return discoverInRendered(rendered).map(detached);
  } catch (error) {
    if (error instanceof PaletteEdgeError) return undefined;
    throw error;
  }
}

function isKept(path: string): boolean {
  return /^(?:charts\/[^/]+\/)*(?:Chart|requirements|values)\.yaml$/.test(path);
}

function detached(found: FoundImage): FoundImage {
  return { ...found, text: ownText(found.text), key: ownText(found.key) };
}
