/** A value that JSON can hold; optional fields may be undefined and are left out. */
export type Json =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly Json[]
  | { readonly [key: string]: Json };

/**
 * JSON with sorted keys and no white space: the same value always gives the same bytes.
 *
 * Keys sort by UTF-16 code units, as in RFC 8785; numbers must be safe integers, so their text is unambiguous.
 */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    fields.sort(([left], [right]) => (left < right ? -1 : 1));
    return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`).join(',')}}`;
  }
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new TypeError(`canonical JSON holds safe integers only, not ${value}`);
  }
  return JSON.stringify(value ?? null);
}
