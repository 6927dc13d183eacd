import { join } from 'node:path';

import { printable } from '../io/printable.ts';
import type { ServeConfigResult } from '../workflows/serve-config.ts';
import { textFields } from './text-fields.ts';

const longestPath = 1000;

/** The files of a client, each below its name; all that is between them is a comment in each of their formats. */
export function serveConfigView({ origin, folder, files, newCertificate }: ServeConfigResult): string {
  const made = newCertificate === undefined ? [] : [`# ${madeText(newCertificate)}`];
  if (folder === undefined)
    return [...made, ...files.map(({ path, text }) => `# ${path}\n${text.trimEnd()}`)].join('\n\n');
  return [
    `Configuration for clients of ${origin}`,
    textFields(files.map(({ path }) => [join(folder, path), `for ${path}`])),
    ...made,
  ].join('\n');
}

function madeText(path: string): string {
  return `${printable(path, longestPath)} was made now: clients that trust an earlier one have to be given this one`;
}
