import { formatByteSize } from '../../io/byte-size.ts';

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** A count for a person: `12,345`. */
export function countText(count: number): string {
  return grouped.format(count);
}

/** A count of something: `1 image`, `2 images`. */
export function countOf(count: number, noun: string): string {
  return `${countText(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Bytes for a person, with a space that no line is broken at. */
export function bytesText(bytes: number): string {
  return formatByteSize(bytes).replace(' ', '\u00A0');
}

/** What a part is of a whole: `12 %`, `0.4 %`, and never 100 % of what is less. */
export function shareText(part: number, whole: number): string {
  if (whole === 0) return '0\u00A0%';
  const percent = (part / whole) * 100;
  if (part !== 0 && percent < 0.1) return 'under\u00A00.1\u00A0%';
  const decimals = percent < 10 || (percent > 99 && part < whole) ? 1 : 0;
  const text = percent.toFixed(decimals);
  return `${part < whole && text === '100.0' ? '99.9' : text}\u00A0%`;
}

/** A moment, RFC 3339 in UTC, for a person: `2024-05-06 07:08 UTC`. */
export function momentText(moment: string): string {
  return moment.replace(/^(.*)T(\d\d:\d\d).*$/, '$1 $2 UTC');
}

/** The first digits of a digest, which tell it from others. */
export function shortDigest(digest: string): string {
  return digest.replace(/^(?:[a-z0-9]+:)?([0-9a-f]{12}).*$/, '$1');
}
