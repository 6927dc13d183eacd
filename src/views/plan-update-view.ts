import { formatByteSize } from '../io/byte-size.ts';
import { digestHex } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import type { BlobTotal, ChangedContent } from '../workflows/changed-content.ts';
import type { UpdatePlan } from '../workflows/plan-update.ts';
import { countOf } from './count-of.ts';
import { textFields } from './text-fields.ts';
import { textTable } from './text-table.ts';

const shownDigits = 12;
const head = ['CHANGE', 'WHAT', 'NAME', 'FROM', 'TO', 'FULL', 'TO SHIP'];

/** What an update would change, and how much has to be carried. */
export function planUpdateView(plan: UpdatePlan): string {
  const { before, after, isSame, changes, unchanged, full, toShip, estimate } = plan;
  const old = [before.name, before.id].filter((text) => text !== undefined).join(' ');
  const fields = textFields([
    ['from', `${before.path}, ${old}`],
    ['to', `${after.name} ${after.id}`],
    ['full', blobsText(full)],
    ['to ship', `${blobsText(toShip)}${shareText(toShip, full)}`],
    ...(estimate === undefined
      ? []
      : ([
          [
            'estimate',
            `squeezed like the old one, ${(estimate.share * 100).toFixed(1)} %: full ${formatByteSize(estimate.fullBytes)}, to ship ${formatByteSize(estimate.toShipBytes)}`,
          ],
        ] as const)),
  ]);
  if (isSame) return `Nothing changes\n${fields}`;
  return [summary(changes, unchanged), fields, '', textTable(head, changes.map(rowOf))].join('\n');
}

function summary(changes: readonly ChangedContent[], unchanged: number): string {
  const counts = (['added', 'removed', 'moved'] as const).flatMap((kind) => {
    const count = changes.filter(({ change }) => change === kind).length;
    return count === 0 ? [] : [`${count} ${kind}`];
  });
  const platforms = changes.filter(({ change }) => change === 'platforms').length;
  const others = platforms === 0 ? [] : [`${platforms} with other platforms`];
  return [...counts, ...others, `${unchanged} unchanged`].join(', ');
}

function rowOf({ change, what, name, before, after, full, toShip }: ChangedContent): string[] {
  return [change, what, name, short(before), short(after), bytesText(full), bytesText(toShip)];
}

function bytesText(total: BlobTotal | undefined): string {
  return total === undefined ? '-' : formatByteSize(total.bytes);
}

function blobsText({ blobs, bytes }: BlobTotal): string {
  return blobs === 0 ? 'nothing' : `${countOf(blobs, 'blob')}, ${formatByteSize(bytes)}`;
}

function shareText(part: BlobTotal, whole: BlobTotal): string {
  if (part.blobs === 0 || whole.bytes === 0) return '';
  return `: ${((part.bytes / whole.bytes) * 100).toFixed(1)} %; squeezing and patches make it less`;
}

function short(digest: Digest | undefined): string {
  return digest === undefined ? '-' : digestHex(digest).slice(0, shownDigits);
}
