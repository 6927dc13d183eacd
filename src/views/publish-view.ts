import { formatByteSize } from '../io/byte-size.ts';
import { totalSize } from '../io/total-size.ts';
import type { PublishResult } from '../workflows/publish-bundle.ts';
import { textFields } from './text-fields.ts';

/** What publishing did. */
export function publishView(result: PublishResult): string {
  const { url, digest, files, bytesSent, bytesKept, wasPublished } = result;
  const total = totalSize(files);
  return [
    wasPublished ? `Published before: ${url}` : `Published ${url}`,
    textFields([
      ['files', `${files.length}, ${formatByteSize(total)}`],
      ['sent', formatByteSize(bytesSent)],
      ...(bytesKept > 0 ? [['there before', formatByteSize(bytesKept)] as const] : []),
      ['digest', digest],
    ]),
  ].join('\n');
}
