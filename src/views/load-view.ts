import { formatByteSize } from '../io/byte-size.ts';
import { durationText } from '../io/duration-text.ts';
import { failureLines } from '../workflows/image-failure.ts';
import type { LoadResult } from '../workflows/load-bundle.ts';
import { countOf } from './count-of.ts';
import { textFields } from './text-fields.ts';

/** What was loaded, and what was not. */
export function loadView(result: LoadResult): string {
  const { bundle, into, file, images, failures, skipped, bytes, seconds } = result;
  const present = images.filter(({ isPresent }) => isPresent).length;
  const fields: [string, string][] = [
    ['from', `${bundle.path}, ${bundle.name} ${bundle.id}`],
    ['images', String(images.length)],
    ...(present > 0 ? [field('there before', String(present))] : []),
    ...(skipped.length > 0 ? [field('not loaded', `${skipped.length} that no container can run`)] : []),
    [file === undefined ? 'sent' : 'written', `${formatByteSize(bytes)}, in ${durationText(seconds)}`],
  ];
  return [
    file === undefined ? `Loaded into ${into}` : `Wrote ${file}`,
    textFields(fields),
    ...(failures.length > 0
      ? [`${countOf(failures.length, 'image')} failed:`, ...failureLines(failures)]
      : []),
  ].join('\n');
}

function field(name: string, value: string): [string, string] {
  return [name, value];
}
