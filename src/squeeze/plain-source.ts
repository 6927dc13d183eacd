/** The plain bytes of a gzip file, wherever they are. */
export interface PlainSource {
  /** How many there are. */
  readonly size: number;
  /**
   * Opens them from a position on, in order. It may be called several times, also while others are open. A piece is done with when
   * the next one is asked for.
   */
  open(start: number, signal?: AbortSignal): AsyncIterable<Uint8Array>;
}
