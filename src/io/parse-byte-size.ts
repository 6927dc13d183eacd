const factors: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ['kb', 1000],
  ['mb', 1000 ** 2],
  ['gb', 1000 ** 3],
  ['tb', 1000 ** 4],
  ['kib', 1024],
  ['mib', 1024 ** 2],
  ['gib', 1024 ** 3],
  ['tib', 1024 ** 4],
]);

/**
 * Reads a size as people write it: `700MB`, `4.7GB`, `650 MiB`, plain bytes, and a size less some bytes: `4GiB-1`. `3G` is none:
 * for some programs it is 3 GB, for others 3 GiB.
 *
 * @returns bytes, a whole number from 0, or undefined for any other text
 */
export function parseByteSize(text: string): number | undefined {
  const match = /^(\d{1,16}(?:\.\d{1,3})?) ?([a-z]{0,3})(?:-(\d{1,16}))?$/i.exec(text);
  if (match === null) return undefined;
  const [, count = '', unit = '', less = '0'] = match;
  const factor = factors.get(unit.toLowerCase());
  if (factor === undefined || (factor === 1 && count.includes('.'))) return undefined;
  const bytes = Math.round(Number(count) * factor) - Number(less);
  return Number.isSafeInteger(bytes) && bytes >= 0 ? bytes : undefined;
}
