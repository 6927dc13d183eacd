/** Guesses the next token of a stream from the plain bytes, before and after it, and from the tokens before it. */
export interface TokenPredictor {
  /** After `predict`: the match at that position, also when a literal was guessed because the next one is longer; 0 for none. */
  match: number;
  /** The guess for a token that begins there: a match, or 0 for a literal. */
  predict(position: number): number;
  /** The token at the position was predicted, and goes up to `next`. What was not predicted goes from `position` to `next` too. */
  advance(position: number, next: number): void;
  /** The window moved on: positions are smaller by this. */
  rebase(shift: number): void;
}
