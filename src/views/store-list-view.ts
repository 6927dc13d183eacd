import { formatByteSize } from '../io/byte-size.ts';
import type { AgeShare, ListedBase, StoreListResult } from '../workflows/store-list.ts';
import type { EntryTotals } from '../workflows/store-totals.ts';
import { countOf } from './count-of.ts';
import { textFields } from './text-fields.ts';
import { textTable } from './text-table.ts';

/** What is in a store, and when it was last used; on request every blob of it. */
export function storeListView(result: StoreListResult, { isEach }: { readonly isEach: boolean }): string {
  const { store, blobs, partials, processes, ages, bases, entries } = result;
  const fields = textFields([
    ['blobs', totalsText(blobs)],
    ['partial', partials.count === 0 ? 'none' : `${totalsText(partials)}: gone on with by the next build`],
    ['in use', processes === 0 ? 'no' : `by ${countOf(processes, 'running build')}`],
  ]);
  const byAge =
    blobs.count === 0
      ? []
      : [textTable(['LAST USED', 'BLOBS', 'SIZE'], ages.filter(({ count }) => count > 0).map(ageRow))];
  const used =
    bases.length === 0
      ? []
      : [textTable(['BASE', 'ID', 'LAST USED (UTC)', 'BLOBS HERE', 'SIZE'], bases.map(baseRow))];
  const each =
    isEach && entries.length > 0
      ? [
          textTable(
            ['LAST USED (UTC)', 'SIZE', 'DIGEST'],
            entries.map(({ kind, digest, bytes, used: lastUsed }) => [
              minuteOf(lastUsed),
              formatByteSize(bytes),
              kind === 'partial' ? `${digest} (partial)` : digest,
            ]),
          ),
        ]
      : [];
  return [[store, fields].join('\n'), ...byAge, ...used, ...each].join('\n\n');
}

function ageRow({ days, count, bytes }: AgeShare): string[] {
  const when = days === undefined ? 'earlier' : days === 1 ? 'in the last day' : `in the last ${days} days`;
  return [when, String(count), formatByteSize(bytes)];
}

function baseRow({ name, id, used, blobs: { count, bytes } }: ListedBase): string[] {
  return [name, id, minuteOf(used), String(count), formatByteSize(bytes)];
}

function minuteOf(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}

function totalsText({ count, bytes }: EntryTotals): string {
  return `${count}, ${formatByteSize(bytes)}`;
}
