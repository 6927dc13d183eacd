import type { TokenBuffer } from './token-buffer.ts';

/** Windows shorter than this are added to the history and not searched. */
export const leastSearched = 13;

/** Finds the matches of one window after the other. */
export interface WindowMatcher {
  /** Adds the tokens of a window of at most 65,535 bytes to an empty buffer. Adds none when there is no match, or the window is below {@link leastSearched}. */
  encode(plain: Uint8Array, tokens: TokenBuffer): void;
  /** Nothing before what comes next can be in a match. */
  forget(): void;
  /** Whether something before what comes next can be in a match. */
  readonly hasHistory: boolean;
}
