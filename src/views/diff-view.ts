import { formatByteSize } from '../io/byte-size.ts';
import { digestHex } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import type { DiffResult } from '../workflows/diff-bundles.ts';
import { countOf } from './count-of.ts';
import { textFields } from './text-fields.ts';
import { textTable } from './text-table.ts';

const shownDigits = 12;

/** What tells two bundles apart, and what has to be carried. */
export function diffView(result: DiffResult): string {
  const { before, after, isSame, images, charts, files, toShip } = result;
  const sides = textFields([
    ['from', sideText(before)],
    ['to', sideText(after)],
    ...(toShip === undefined ? [] : [['to ship', blobsText(toShip)] as const]),
  ]);
  if (isSame) return `Same content\n${sides}`;
  const rows = [
    ...rowsOf('image', images),
    ...platformRows(images),
    ...rowsOf('chart', charts),
    ...rowsOf('file', files),
  ];
  return [summary(result), sides, '', textTable(['CHANGE', 'WHAT', 'NAME', 'FROM', 'TO'], rows)].join('\n');
}

function sideText({ path, kind, name, id }: DiffResult['before']): string {
  const named = [name, id].filter((text) => text !== undefined).join(' ');
  const what = kind === 'definition' ? ['definition', ...(named === '' ? [] : [named])].join(' ') : named;
  return `${path}, ${what}`;
}

function summary({ images, charts, files }: DiffResult): string {
  const all = [images, charts, files];
  const counts = (['added', 'removed', 'moved'] as const).flatMap((change) => {
    const count = all.reduce((sum, each) => sum + each[change].length, 0);
    return count === 0 ? [] : [`${count} ${change}`];
  });
  const platforms = images.otherPlatforms.length;
  return [...counts, ...(platforms === 0 ? [] : [`${platforms} with other platforms`])].join(', ');
}

function blobsText({ blobs, bytes }: NonNullable<DiffResult['toShip']>): string {
  return blobs === 0 ? 'nothing' : `${countOf(blobs, 'blob')}, ${formatByteSize(bytes)}`;
}

function rowsOf(what: string, { added, removed, moved }: DiffResult['charts']): string[][] {
  return [
    ...added.map(({ name, digest }) => ['added', what, name, '-', short(digest)]),
    ...removed.map(({ name, digest }) => ['removed', what, name, short(digest), '-']),
    ...moved.map(({ name, before, after }) => ['moved', what, name, short(before), short(after)]),
  ];
}

function platformRows({ otherPlatforms }: DiffResult['images']): string[][] {
  return otherPlatforms.map(({ name, before, after }) => [
    'platforms',
    'image',
    name,
    before.join(', ') || '-',
    after.join(', ') || '-',
  ]);
}

function short(digest: Digest | undefined): string {
  return digest === undefined ? 'not pinned' : digestHex(digest).slice(0, shownDigits);
}
