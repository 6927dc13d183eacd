/** What a `Content-Range` header says; parts it leaves open are undefined. */
export interface ContentRange {
  readonly start: number | undefined;
  /** The last byte, inclusive. */
  readonly last: number | undefined;
  readonly total: number | undefined;
}

/** Reads `bytes 0-99/200` (RFC 9110, 14.4), an asterisk standing for what is open; undefined for anything else. */
export function parseContentRange(header: string | undefined): ContentRange | undefined {
  const match = /^bytes (?:(\d{1,15})-(\d{1,15})|\*)\/(?:(\d{1,15})|\*)$/i.exec(header?.trim() ?? '');
  if (match === null) return undefined;
  const start = toNumber(match[1]);
  const last = toNumber(match[2]);
  if (start !== undefined && last !== undefined && last < start) return undefined;
  return { start, last, total: toNumber(match[3]) };
}

function toNumber(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
