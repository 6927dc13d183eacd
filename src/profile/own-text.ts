/**
 * The same text in memory of its own. A piece that was cut out of a text, or put together with such a piece, keeps the whole
 * text in memory: to be used for what is kept of large ones.
 */
export function ownText(text: string): string {
  // To cut something off, what was put together is written out.
  return ` ${text}`.slice(1);
}
