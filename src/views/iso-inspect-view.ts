import { formatByteSize } from '../io/byte-size.ts';
import type { InspectedBundle, InspectIsoResult } from '../workflows/inspect-iso.ts';
import { countOf } from './count-of.ts';
import { textFields } from './text-fields.ts';
import { textTable } from './text-table.ts';

/** What is in an image: its bundles in short, and all files. */
export function isoInspectView({ path, label, size, files, bundles }: InspectIsoResult): string {
  const fields = textFields([
    ['label', label],
    ['size', formatByteSize(size)],
    ...bundles.map((bundle): [string, string] => ['bundle', bundleText(bundle)]),
  ]);
  const rows = files.map(({ path: name, kind, size: bytes }) => [
    name,
    kind === 'file' ? formatByteSize(bytes) : kind === 'link' ? 'a link' : 'no regular file',
  ]);
  return [path, fields, '', textTable(['FILE', 'SIZE'], rows)].join('\n');
}

function bundleText({ path, parts, content, problem }: InspectedBundle): string {
  if (content === undefined) return `${path}: ${problem ?? 'it cannot be opened'}`;
  const { name, id, images, charts, size } = content;
  const counts = [
    countOf(images, 'image'),
    ...(charts > 0 ? [countOf(charts, 'chart')] : []),
    formatByteSize(size),
    ...(parts === undefined ? [] : [countOf(parts.length, 'part')]),
  ];
  return `${path}: ${name} ${id}, ${counts.join(', ')}`;
}
