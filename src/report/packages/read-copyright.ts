import { distinct } from './field-text.ts';
import type { Finding } from './found-package.ts';
import { firstOf, paragraphs } from './paragraphs.ts';

const wanted: ReadonlySet<string> = new Set(['Format', 'License']);
/** Of all paragraphs of one file. */
const mostLicences = 200;

/**
 * Licences of a Debian package by the short names in its copyright file, when that is one for machines (Debian, "Machine-readable
 * debian/copyright file"); of any other file nothing.
 */
export function readCopyright(bytes: Buffer): Finding {
  const names = new Set<string>();
  let isFirst = true;
  for (const paragraph of paragraphs(bytes, wanted)) {
    if (isFirst && !/\/copyright-format\/1\.0\/?$/.test(firstOf(paragraph, 'Format') ?? '')) break;
    isFirst = false;
    // The text of the licence stands below its name.
    const [name = ''] = (firstOf(paragraph, 'License') ?? '').split('\n', 1);
    if (name !== '') names.add(name);
    if (names.size === mostLicences) break;
  }
  return { packages: [], debianLicences: distinct([...names].toSorted()), problems: [] };
}
