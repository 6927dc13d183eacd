import { formatByteSize } from '../io/byte-size.ts';
import type { TreeResult } from '../workflows/make-installer-tree.ts';
import { textFields } from './text-fields.ts';

/** What was written, and what to do with it. */
export function treeView({ path, files, buildArguments }: TreeResult): string {
  const fields = textFields(files.map((file) => [file.path, formatByteSize(file.size)]));
  const inArguments = buildArguments.length === 0 ? [] : [`In its .arg file: ${buildArguments.join(' ')}`];
  return [
    `Wrote ${path}`,
    fields,
    `Lay it over a checkout of CanvOS: cp -a ${path}/. CanvOS/`,
    ...inArguments,
  ].join('\n');
}
