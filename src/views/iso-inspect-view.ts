import { formatByteSize } from '../io/byte-size.ts';
import { printable } from '../io/printable.ts';
import type { InspectedBundle, InspectIsoResult } from '../workflows/inspect-iso.ts';
import { countOf } from './count-of.ts';
import { textFields } from './text-fields.ts';
import { textTable } from './text-table.ts';

/** Of a name in an image, which is anybody's: a line break in it would pass for a line of ours. */
const longestName = 1000;

/** What is in an image: its bundles in short, and all files. */
export function isoInspectView({ path, label, size, files, bundles }: InspectIsoResult): string {
  const fields = textFields([
    ['label', printable(label, longestName)],
    ['size', formatByteSize(size)],
    ...bundles.map((bundle): [string, string] => ['bundle', bundleText(bundle)]),
  ]);
  const rows = files.map(({ path: name, kind, size: bytes }) => [
    printable(name, longestName),
    kind === 'file' ? formatByteSize(bytes) : kind === 'link' ? 'a link' : 'no regular file',
  ]);
  return [path, fields, '', textTable(['FILE', 'SIZE'], rows)].join('\n');
}

function bundleText({ path, parts, content, problem = 'it cannot be opened' }: InspectedBundle): string {
  const place = printable(path, longestName);
  if (content === undefined) return `${place}: ${printable(problem, 2 * longestName)}`;
  const { name, id, images, charts, size } = content;
  const counts = [
    countOf(images, 'image'),
    ...(charts > 0 ? [countOf(charts, 'chart')] : []),
    formatByteSize(size),
    ...(parts === undefined ? [] : [countOf(parts.length, 'part')]),
  ];
  return `${place}: ${name} ${id}, ${counts.join(', ')}`;
}
