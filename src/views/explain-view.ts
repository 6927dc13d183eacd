import type {
  ExplainedChart,
  ExplainedPack,
  ExplainedPlace,
  ExplainedProfile,
  Explanation,
} from '../profile/explain-images.ts';
import type { ExcludedImages } from '../workflows/scope-images.ts';
import { contentCounts } from './content-counts.ts';
import { countOf } from './count-of.ts';

/** Profile → layer → pack → key for each image and chart, what was passed over and why, and the counts. */
export function explainView(
  { counts, profiles, others }: Explanation,
  excluded: readonly ExcludedImages[] = [],
): string {
  const branches = [
    ...profiles.map(profileBranch),
    ...others.map((source) => branch(titleWithCounts(source.title, source), leavesOf(source))),
    ...excluded.map(({ by, images, charts = [] }) =>
      branch(
        `left out by ${by}: ${contentCounts(images.length, charts.length)}`,
        [...images, ...charts].map(leaf),
      ),
    ),
  ];
  const totals = [
    `${countOf(counts.images, 'image')} in ${countOf(counts.places, 'place')}`,
    ...(counts.charts > 0 ? [countOf(counts.charts, 'chart')] : []),
    ...(counts.notListed > 0 ? [`${counts.notListed} not listed`] : []),
    ...(counts.skipped > 0 ? [`${counts.skipped} skipped`] : []),
    ...(counts.skippedCharts > 0 ? [`${countOf(counts.skippedCharts, 'chart')} skipped`] : []),
  ];
  return [...branches.flatMap((root) => [root.text, ...linesBelow(root)]), totals.join(', ')].join('\n');
}

interface Branch {
  readonly text: string;
  readonly below: readonly Branch[];
}

function profileBranch({ name, version, type, images, charts = 0, layers }: ExplainedProfile): Branch {
  const title = [name, version].filter((part) => part !== '').join(' ');
  return branch(
    `${title} (${type}): ${contentCounts(images, charts)}`,
    layers.map(({ layer, packs }) => branch(layer === '' ? 'no layer' : layer, packs.map(packBranch))),
  );
}

function packBranch(pack: ExplainedPack): Branch {
  const title = [pack.name, pack.version].filter((part) => part !== '').join(' ');
  return branch(titleWithCounts(title, pack), leavesOf(pack));
}

type Places = Pick<ExplainedPack, 'images' | 'places' | 'charts'>;

function titleWithCounts(title: string, { images, charts = [] }: Places): string {
  const bundled = charts.filter(({ outcome }) => outcome !== 'skipped').map(({ chart }) => chart);
  return `${title}: ${contentCounts(images, new Set(bundled).size)}`;
}

function leavesOf({ places, charts = [] }: Places): Branch[] {
  return [...places.map(placeLeaf), ...charts.map(chartLeaf)];
}

function chartLeaf({ key, line, chart, outcome, reason = '' }: ExplainedChart): Branch {
  const shown = shownPlace({ key, line });
  if (outcome === 'skipped') return leaf(`${shown}chart ${JSON.stringify(chart)} skipped: ${reason}`);
  return leaf(`${shown}${chart}${outcome === 'maybe' ? ', if its registry has it' : ''}`);
}

function placeLeaf({ key, line, image, outcome, reason }: ExplainedPlace): Branch {
  const shown = shownPlace({ key, line });
  if (outcome === 'asked for') return leaf(`${shown}${image}`);
  if (outcome === 'skipped') return leaf(`${shown}${JSON.stringify(image)} skipped: ${reason ?? ''}`);
  const how = reason === undefined ? '' : ` (${reason})`;
  return leaf(`${shown}${image} ${outcome}${how}`);
}

function shownPlace({ key, line }: Pick<ExplainedPlace, 'key' | 'line'>): string {
  const place = [key, ...(line === undefined ? [] : [key === '' ? `line ${line}` : `(line ${line})`])]
    .filter((part) => part !== '')
    .join(' ');
  return place === '' ? '' : `${place}: `;
}

function branch(text: string, below: readonly Branch[]): Branch {
  return { text, below };
}

function leaf(text: string): Branch {
  return { text, below: [] };
}

function linesBelow({ below }: Branch): string[] {
  return below.flatMap((child, index) => {
    const isLast = index === below.length - 1;
    const rest = linesBelow(child).map((line) => `${isLast ? '   ' : '│  '}${line}`);
    return [`${isLast ? '└─ ' : '├─ '}${child.text}`, ...rest];
  });
}
