import { formatByteSize } from '../io/byte-size.ts';
import type { StoreVerifyResult } from '../workflows/store-verify.ts';
import { countOf } from './count-of.ts';

/** What verifying a store found: one line when all is well. */
export function storeVerifyView({ store, isRepair, blobs, bytes, damaged }: StoreVerifyResult): string {
  const content = `${countOf(blobs, 'blob')}, ${formatByteSize(bytes)}`;
  if (damaged.length === 0) return `${store} is whole: ${content}`;
  const lines = damaged.map(({ digest, size, received, isRemoved }) => {
    const what = received === undefined ? 'the disk cannot read it' : `its bytes give ${received}`;
    const became = isRemoved ? '; removed' : isRepair ? '; it cannot be removed' : '';
    return `  ${digest}, ${formatByteSize(size)}: ${what}${became}`;
  });
  const isGone = damaged.every(({ isRemoved }) => isRemoved);
  return [
    `${store} is damaged: ${countOf(damaged.length, 'blob')} of ${content}`,
    ...lines,
    isGone
      ? 'The next build that needs them pulls them again.'
      : isRepair
        ? 'Check who owns the files, and delete those that are left.'
        : 'Remove them with --repair: the next build that needs them pulls them again.',
  ].join('\n');
}
