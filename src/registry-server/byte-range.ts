/** The part of a body that is sent; both in bytes, `end` exclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a `Range` header against content of a size (RFC 9110, 14.1.2 and 14.2).
 *
 * @param size length of the content in bytes
 * @returns undefined when the whole content is to be sent: no header, one that is malformed or in another unit, several
 *   ranges (which a server may ignore), or empty content, of which no range exists
 */
export function parseByteRange(
  header: string | undefined,
  size: number,
): ByteRange | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/i.exec(header?.trim() ?? '');
  if (match === null || size === 0) return undefined;
  const [, first = '', last = ''] = match;
  return first === '' ? suffixRange(last, size) : fullRange(Number(first), last, size);
}

function fullRange(start: number, last: string, size: number): ReturnType<typeof parseByteRange> {
  const end = last === '' ? Infinity : Number(last) + 1;
  if (end <= start) return undefined;
  return start < size ? { start, end: Math.min(end, size) } : 'unsatisfiable';
}

function suffixRange(length: string, size: number): ReturnType<typeof parseByteRange> {
  if (length === '') return undefined;
  return Number(length) === 0 ? 'unsatisfiable' : { start: Math.max(0, size - Number(length)), end: size };
}
