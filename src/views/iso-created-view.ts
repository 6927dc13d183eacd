import { formatByteSize } from '../io/byte-size.ts';
import type { CreatedIso } from '../workflows/create-iso.ts';
import { countOf } from './count-of.ts';
import { textFields } from './text-fields.ts';

/** What was made: the image, and the bundles in it. */
export function isoCreatedView({ path, label, size, sha256, bundles, files }: CreatedIso): string {
  const fields = textFields([
    ['label', label],
    ['size', `${formatByteSize(size)} (${size} bytes)`],
    ['sha256', sha256],
    ...bundles.map((bundle): [string, string] => ['bundle', bundleText(bundle)]),
    // The list of checksums is not in itself.
    ['files', String(files.length + 1)],
  ]);
  return `Wrote ${path}\n${fields}`;
}

function bundleText({ path, id, images, charts, parts }: CreatedIso['bundles'][number]): string {
  const counts = [
    countOf(images, 'image'),
    ...(charts > 0 ? [countOf(charts, 'chart')] : []),
    ...(parts === undefined ? [] : [countOf(parts.length, 'part')]),
  ];
  return `${path}, ${id}, ${counts.join(', ')}`;
}
