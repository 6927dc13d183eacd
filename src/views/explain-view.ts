import type {
  ExplainedPack,
  ExplainedPlace,
  ExplainedProfile,
  Explanation,
} from '../profile/explain-images.ts';
import type { ExcludedImages } from '../workflows/scope-images.ts';
import { contentCounts } from './content-counts.ts';
import { countOf } from './count-of.ts';

/** Profile → layer → pack → key for each image, what was passed over and why, and the counts. */
export function explainView(
  { counts, profiles, others }: Explanation,
  excluded: readonly ExcludedImages[] = [],
): string {
  const branches = [
    ...profiles.map(profileBranch),
    ...others.map(({ title, images, places }) =>
      branch(`${title}: ${countOf(images, 'image')}`, places.map(placeLeaf)),
    ),
    ...excluded.map(({ by, images, charts = [] }) =>
      branch(
        `left out by ${by}: ${contentCounts(images.length, charts.length)}`,
        [...images, ...charts].map(leaf),
      ),
    ),
  ];
  const totals = [
    `${countOf(counts.images, 'image')} in ${countOf(counts.places, 'place')}`,
    ...(counts.notListed > 0 ? [`${counts.notListed} not listed`] : []),
    ...(counts.skipped > 0 ? [`${counts.skipped} skipped`] : []),
  ];
  return [...branches.flatMap((root) => [root.text, ...linesBelow(root)]), totals.join(', ')].join('\n');
}

interface Branch {
  readonly text: string;
  readonly below: readonly Branch[];
}

function profileBranch({ name, version, type, images, layers }: ExplainedProfile): Branch {
  const title = [name, version].filter((part) => part !== '').join(' ');
  return branch(
    `${title} (${type}): ${countOf(images, 'image')}`,
    layers.map(({ layer, packs }) => branch(layer === '' ? 'no layer' : layer, packs.map(packBranch))),
  );
}

function packBranch({ name, version, images, places }: ExplainedPack): Branch {
  const title = [name, version].filter((part) => part !== '').join(' ');
  return branch(`${title}: ${countOf(images, 'image')}`, places.map(placeLeaf));
}

function placeLeaf({ key, line, image, outcome, reason }: ExplainedPlace): Branch {
  const place = [key, ...(line === undefined ? [] : [key === '' ? `line ${line}` : `(line ${line})`])]
    .filter((part) => part !== '')
    .join(' ');
  const shown = place === '' ? '' : `${place}: `;
  if (outcome === 'asked for') return leaf(`${shown}${image}`);
  if (outcome === 'skipped') return leaf(`${shown}${JSON.stringify(image)} skipped: ${reason ?? ''}`);
  const how = reason === undefined ? '' : ` (${reason})`;
  return leaf(`${shown}${image} ${outcome}${how}`);
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
