import type { DefinitionCheck } from '../workflows/check-definition.ts';
import type { WrittenDefinition } from '../workflows/write-definition.ts';
import { contentCounts } from './content-counts.ts';
import { countOf } from './count-of.ts';

/** What was written. */
export function writtenDefinitionView(written: WrittenDefinition): string {
  const { path, isChanged, images, charts, files, added, removed, moved, unpinned } = written;
  const content = [
    countOf(images, 'image'),
    ...(charts > 0 ? [countOf(charts, 'chart')] : []),
    ...(files > 0 ? [countOf(files, 'file')] : []),
  ].join(', ');
  const title = isChanged ? `Wrote ${path}: ${content}` : `${path} says that already: ${content}`;
  return [
    title,
    ...block('new', added),
    ...block('no longer asked for, and removed', removed),
    ...block('with another digest', moved),
    ...block('without a digest', unpinned),
  ].join('\n');
}

/** What has become of the images and charts of a definition. */
export function definitionCheckView(check: DefinitionCheck): string {
  const { path, images, charts, moved, gone, unpinned, unknown } = check;
  const differences = moved.length + gone.length;
  const isSame = differences + unpinned.length + unknown.length === 0;
  const all = charts === 0 ? 'every tag stands' : 'every tag and version stands';
  const result = isSame ? `${all} for what it did` : countOf(differences, 'difference');
  const title = `${path}: ${contentCounts(images, charts)}, ${result}`;
  const movedLines = moved.map(
    ({ reference, digest, current, isStillThere }) =>
      `${reference}\n    was ${digest}${isStillThere ? '' : ', which is gone'}\n    is  ${current}`,
  );
  const goneLines = gone.map(
    ({ reference, digest, isStillThere }) =>
      `${reference}\n    ${isStillThere ? `${digest} is still there` : `${digest} is gone too`}`,
  );
  return [
    title,
    ...block('moved', movedLines),
    ...block('gone', goneLines),
    ...block('without a digest', unpinned),
    ...block(
      'not known',
      unknown.map(({ reference, message }) => `${reference}\n    ${message}`),
    ),
    ...(moved.length > 0 ? [`To take the new ones: palette-edge resolve … --write ${path} --update`] : []),
  ].join('\n');
}

function block(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`)];
}
