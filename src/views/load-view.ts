import { formatByteSize } from '../io/byte-size.ts';
import { durationText } from '../io/duration-text.ts';
import { failureLines } from '../workflows/image-failure.ts';
import type { LoadResult } from '../workflows/load-bundle.ts';
import { countOf } from './count-of.ts';
import { textFields } from './text-fields.ts';
import { textTable } from './text-table.ts';

const shownNames = 200;

/** What was loaded, and what was not; after a dry run, what would be. */
export function loadView(result: LoadResult): string {
  return (result.isDryRun ? dryRunLines(result) : loadedLines(result)).join('\n');
}

function dryRunLines(result: LoadResult): string[] {
  const { into, file, images, bytes, skipped } = result;
  const present = images.filter(({ isPresent }) => isPresent).length;
  const rows = images.flatMap(({ names, isPresent }) =>
    names.map((name) => [name, stateOf(isPresent, file !== undefined)]),
  );
  const more = rows.length - shownNames;
  const size = formatByteSize(bytes);
  return [
    textTable(['NAME', 'STATE'], rows.slice(0, shownNames)),
    ...(more > 0 ? [`and ${more} more`] : []),
    '',
    file === undefined
      ? `Would send ${size} to ${into}, which has ${present} of ${countOf(images.length, 'image')}`
      : `Would write ${file}, ${size}${present > 0 ? ', in place of the same' : ''}`,
    ...(skipped.length > 0 ? [`${skipped.length} that no container can run would not be loaded`] : []),
    ...failureBlock(result, 'cannot be loaded'),
  ];
}

function stateOf(isPresent: boolean, isFile: boolean): string {
  if (isPresent) return isFile ? 'in the file that is there' : 'there';
  return isFile ? 'to write' : 'to load';
}

function loadedLines(result: LoadResult): string[] {
  const { bundle, into, file, images, skipped, bytes, seconds } = result;
  const present = images.filter(({ isPresent }) => isPresent).length;
  const fields: [string, string][] = [
    ['from', `${bundle.path}, ${bundle.name} ${bundle.id}`],
    ['images', String(images.length)],
    ...(present > 0 ? [field('there before', String(present))] : []),
    ...layerFields(images),
    ...(skipped.length > 0 ? [field('not loaded', `${skipped.length} that no container can run`)] : []),
    [file === undefined ? 'sent' : 'written', `${formatByteSize(bytes)}, in ${durationText(seconds)}`],
  ];
  return [
    file === undefined ? `Loaded into ${into}` : `Wrote ${file}`,
    textFields(fields),
    ...failureBlock(result, 'failed'),
  ];
}

/** Which layers were taken, where that was a choice. */
function layerFields(images: LoadResult['images']): [string, string][] {
  const count = images.filter(({ isUncompressed }) => isUncompressed).length;
  if (count === 0) return [];
  return [field('uncompressed', `layers of ${countOf(count, 'image')}: ids as in the bundle, other digests`)];
}

function failureBlock({ failures }: LoadResult, verb: string): string[] {
  if (failures.length === 0) return [];
  return [`${countOf(failures.length, 'image')} ${verb}:`, ...failureLines(failures)];
}

function field(name: string, value: string): [string, string] {
  return [name, value];
}
