/**
 * The symbol that zlib and Go write next for code lengths (RFC 1951, section 3.2.7): the longest repetition that fits. As
 * `CodedLengths.symbols` has it: extra bits from bit 8 on.
 *
 * @param bounds where the lengths that belong together begin and end
 */
export function nextRunSymbol(
  lengths: Uint8Array,
  index: number,
  [start, end]: readonly [number, number],
): number {
  const length = lengths[index]!;
  let run = 1;
  while (index + run < end && run < 138 && lengths[index + run] === length) run++;
  if (length === 0) {
    if (run >= 11) return 18 | ((run - 11) << 8);
    return run >= 3 ? 17 | ((run - 3) << 8) : 0;
  }
  const repeats = index > start && lengths[index - 1] === length && run >= 3;
  return repeats ? 16 | ((Math.min(run, 6) - 3) << 8) : length;
}

/** How many lengths a symbol stands for. */
export function runOf(symbol: number): number {
  const extra = symbol >>> 8;
  const kind = symbol & 0xff;
  return kind < 16 ? 1 : kind === 18 ? extra + 11 : extra + 3;
}
