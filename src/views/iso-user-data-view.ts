import { formatByteSize } from '../io/byte-size.ts';
import type { UserDataIso } from '../workflows/user-data-iso.ts';
import { textFields } from './text-fields.ts';

/** The image with user data that was made. */
export function userDataIsoView({ path, label, size }: UserDataIso): string {
  const fields = textFields([
    ['label', label],
    ['size', `${formatByteSize(size)} (${size} bytes)`],
    ['files', 'user-data, meta-data'],
  ]);
  return `Wrote ${path}\n${fields}`;
}
