import { refusal } from './api-error.ts';
import { maximumPageLength } from './registry-limits.ts';

/** A part of a list of names. */
export interface PageOfNames {
  readonly names: readonly string[];
  /** The query that asks for the names behind these, or undefined when there are none. */
  readonly next: string | undefined;
}

/**
 * The names that a query with `n` and `last` asks for, in ASCII order (distribution-spec 1.1, "Listing Tags").
 *
 * @throws ApiError 400 when `n` is no number
 */
export function pageOfNames(all: readonly string[], query: URLSearchParams): PageOfNames {
  const last = query.get('last') ?? '';
  const limit = Math.min(askedLength(query), maximumPageLength);
  const behind = all.filter((name) => name > last).toSorted(compareNames);
  const names = behind.slice(0, limit);
  const end = names.at(-1);
  if (end === undefined || names.length === behind.length) return { names, next: undefined };
  return { names, next: `n=${limit}&last=${encodeURIComponent(end)}` };
}

/** The `Link` header to a page (RFC 8288), as part of an answer's headers. */
export function linkToPage(path: string, next: string | undefined): Record<string, string> {
  return next === undefined ? {} : { link: `<${path}?${next}>; rel="next"` };
}

/** By code units, and so the same on every machine. */
export function compareNames(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function askedLength(query: URLSearchParams): number {
  const text = query.get('n');
  if (text === null) return maximumPageLength;
  if (!/^\d+$/.test(text)) throw refusal(400, 'UNSUPPORTED', 'n must be a number of entries');
  return Number(text);
}
