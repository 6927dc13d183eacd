import type { JsonValue } from './mutate-json.ts';

/** A parser of bytes from outside, and what it usually gets. */
export interface ParserTarget {
  readonly name: string;
  /** How its samples are changed: as bytes, as text in lines, or as JSON. */
  readonly form: 'bytes' | 'text' | 'json';
  /** What it takes. JSON is given as text. */
  readonly samples: readonly (string | Uint8Array)[];
  /** Pieces of text that mean something to it. */
  readonly words?: readonly string[];
  /** What stands in place of `JSON.stringify`, where a parser takes JSON of one form only. */
  readonly encode?: (document: JsonValue) => string;
  /** Files, not headers: they may be made some hundred times longer. */
  readonly isLong?: boolean;
  /**
   * Reads. What is wrong is a PaletteEdgeError, or an error of {@link refusals}; an {@link Invariant} is a bug, like anything else.
   */
  readonly read: (bytes: Buffer) => unknown;
  /** Errors of its own that whoever calls it words. */
  readonly refusals?: readonly (abstract new (...args: never) => Error)[];
}

/** What a parser must never do, and did. */
class Invariant extends Error {}

/** @throws Invariant */
export function must(holds: boolean, what: string): void {
  if (!holds) throw new Invariant(what);
}
