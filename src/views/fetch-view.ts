import { formatByteSize } from '../io/byte-size.ts';
import { totalSize } from '../io/total-size.ts';
import type { FetchResult, ListResult } from '../workflows/fetch-published.ts';
import { textFields } from './text-fields.ts';
import { textTable } from './text-table.ts';

const shownFiles = 20;

/** What fetching did. */
export function fetchView({ url, digest, folder, files, bytesReceived, bytesKept }: FetchResult): string {
  const more = files.length - shownFiles;
  const names = files
    .slice(0, shownFiles)
    .map(({ name, wasThere }) => `    ${name}${wasThere ? ' (there before)' : ''}`);
  return [
    `Fetched ${url}`,
    textFields([
      ['received', formatByteSize(bytesReceived)],
      ...(bytesKept > 0 ? [['there before', formatByteSize(bytesKept)] as const] : []),
      ['digest', digest],
      ['in', folder],
    ]),
    ...names,
    ...(more > 0 ? [`    and ${more} more`] : []),
  ].join('\n');
}

/** What is published in a place. */
export function fetchListView({ url, bundles, others }: ListResult): string {
  const rest = others > 0 ? [`${others} other ${others === 1 ? 'thing' : 'things'} there`] : [];
  if (bundles.length === 0) return [`No bundle is published in ${url}`, ...rest].join('\n');
  const rows = bundles.map((bundle) => [
    bundle.url,
    String(bundle.files.length),
    formatByteSize(totalSize(bundle.files)),
  ]);
  return [textTable(['URL', 'FILES', 'SIZE'], rows), ...rest].join('\n');
}
