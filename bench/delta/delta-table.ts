import { markdownTable, rate } from '../squeeze/size-table.ts';
import type { AppliedDelta, MadeBundle, MadeFile } from './delta-runs.ts';

/** Markdown: what has to be carried, and what making it took. */
export function deltaTable(
  rows: readonly MadeFile[],
  { plain, squeezed }: Readonly<Record<'plain' | 'squeezed', MadeBundle>>,
): string {
  const headers = ['', 'MB', '÷ full, plain', '÷ full, squeezed', 'seconds', 'CPU, seconds'];
  const bodies = rows.map(({ name, bytes, figures }) => [
    name,
    ...(bytes === undefined
      ? ['', '', '']
      : [(bytes / 1e6).toFixed(1), (bytes / plain.bytes).toFixed(3), (bytes / squeezed.bytes).toFixed(3)]),
    figures?.seconds.toFixed(1) ?? '',
    figures?.cpuSeconds.toFixed(1) ?? '',
    figures === undefined ? '' : (figures.largestProcess / 1e6).toFixed(0),
  ]);
  return markdownTable([...headers, 'largest process, MB'], bodies);
}

/** Markdown: what having the new bundle took. MB are those of the new plain bundle. */
export function applyTable({ figures, bytes }: AppliedDelta): string {
  const headers = ['', 'seconds', 'CPU, seconds', 'MB/s', 'largest process, MB', 'the same file'];
  const row = [
    'palette-edge apply',
    figures.seconds.toFixed(1),
    figures.cpuSeconds.toFixed(1),
    rate(bytes, figures.seconds),
    (figures.largestProcess / 1e6).toFixed(0),
    'yes',
  ];
  return markdownTable(headers, [row]);
}
