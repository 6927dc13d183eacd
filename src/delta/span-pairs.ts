import type { TarSpan } from './tar-scanner.ts';

/** Finds for a file of the new tar the one of the old tars that it is most likely a version of. */
export interface SpanPairs {
  enter(span: TarSpan): void;
  find(span: TarSpan): TarSpan | undefined;
}

/** So many are compared by size, so that thousands of files of one name take no time. */
const mostAlike = 32;
/** An old tar of more files than that is searched by content alone. */
const mostEntered = 200_000;

/** First by path, then by path without digits (versions), then by name, then by name without digits; among several by size. */
export function createSpanPairs(): SpanPairs {
  const keys = [pathOf, withoutDigits(pathOf), nameOf, withoutDigits(nameOf)].map((keyOf) => ({
    keyOf,
    spans: new Map<string, TarSpan[]>(),
  }));
  let entered = 0;
  return {
    enter(span) {
      if (entered++ >= mostEntered) return;
      for (const { keyOf, spans } of keys) {
        const key = keyOf(span.path);
        const alike = spans.get(key);
        if (alike === undefined) spans.set(key, [span]);
        else if (alike.length < mostAlike) alike.push(span);
      }
    },
    find(span) {
      for (const { keyOf, spans } of keys) {
        const alike = spans.get(keyOf(span.path));
        if (alike !== undefined) return closest(alike, span);
      }
      return undefined;
    },
  };
}

function closest(alike: readonly TarSpan[], { start, end }: TarSpan): TarSpan | undefined {
  const distance = (other: TarSpan): number => Math.abs(other.end - other.start - (end - start));
  let best = alike[0];
  for (const other of alike) if (best !== undefined && distance(other) < distance(best)) best = other;
  return best;
}

function pathOf(path: string): string {
  return path.replace(/^(?:\.?\/)+/, '');
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/', path.length - 2) + 1);
}

function withoutDigits(keyOf: (path: string) => string): (path: string) => string {
  return (path) => keyOf(path).replaceAll(/\d+/g, '');
}
