import { join } from 'node:path';

import type { ServeConfigResult } from '../workflows/serve-config.ts';
import { textFields } from './text-fields.ts';

/** The files of a client, each below its name; all that is between them is a comment in each of their formats. */
export function serveConfigView({ origin, folder, files }: ServeConfigResult): string {
  if (folder === undefined) return files.map(({ path, text }) => `# ${path}\n${text.trimEnd()}`).join('\n\n');
  return [
    `Configuration for clients of ${origin}`,
    textFields(files.map(({ path }) => [join(folder, path), `for ${path}`])),
  ].join('\n');
}
