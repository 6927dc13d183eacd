import { formatByteSize } from '../io/byte-size.ts';
import type { PrunedTotals, StorePruneResult } from '../workflows/store-prune.ts';
import { countOf } from './count-of.ts';

/** What a prune removed, or would remove, and what is left. */
export function storePruneView(result: StorePruneResult): string {
  const { store, isDryRun, removed, needed, left, forgottenBases, bytesAbove } = result;
  const isNothing = removed.blobs.count + removed.partials.count === 0;
  const did = isDryRun ? 'Would remove' : 'Removed';
  const lines = [
    isNothing
      ? `Nothing to remove from ${store}`
      : `${did} ${totalsText(removed)} from ${store}; ${isDryRun ? 'that frees' : 'freed'} ${formatByteSize(removed.bytes)}`,
    `  left: ${totalsText(left)}, ${formatByteSize(left.bytes)}`,
  ];
  if (needed.blobs.count + needed.partials.count > 0) {
    const bytes = formatByteSize(needed.bytes);
    lines.push(`  of these needed by running processes, tags or bases: ${totalsText(needed)}, ${bytes}`);
  }
  for (const { name, id } of forgottenBases)
    lines.push(`  ${isDryRun ? 'would forget' : 'forgot'} the base ${name}, id ${id}`);
  if (bytesAbove !== undefined) {
    lines.push(`  above --max-size by ${formatByteSize(bytesAbove)}, as that is needed`);
  }
  return lines.join('\n');
}

function totalsText({ blobs, partials }: PrunedTotals): string {
  const parts = [countOf(blobs.count, 'blob')];
  if (partials.count > 0) parts.push(countOf(partials.count, 'partial blob'));
  return parts.join(' and ');
}
