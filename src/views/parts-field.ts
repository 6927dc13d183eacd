import { partsText } from '../workflows/open-parts.ts';

/** The line about the parts of a bundle, in order; none for one file. */
export function partsField(files: Parameters<typeof partsText>[0] | undefined): [string, string][] {
  return files === undefined ? [] : [['parts', partsText(files)]];
}
