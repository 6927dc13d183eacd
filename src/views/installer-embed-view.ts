import { formatByteSize } from '../io/byte-size.ts';
import type { EmbedResult } from '../workflows/embed-installer.ts';
import { textFields } from './text-fields.ts';

/** What was written, how it starts, and what is in it now. */
export function embedView(result: EmbedResult): string {
  const { path, size, sha256, label, boots, files, replaced, otherContent } = result;
  const fields = textFields([
    ['size', `${formatByteSize(size)} (${size} bytes)`],
    ['sha256', sha256],
    ['label', label],
    ['boots', boots.map(({ firmware, from }) => `${firmware} from ${from}`).join(', ')],
    ...files.map((file): [string, string] => ['put in', `${file.path}, ${formatByteSize(file.size)}`]),
    ...replaced.map((each): [string, string] => ['replaced', each]),
    ...otherContent.map((each): [string, string] => ['still there', each]),
  ]);
  return [`Wrote ${path}`, fields].join('\n');
}
