/**
 * How many insertions, deletions, replacements and swaps of neighbours turn one word into the other (optimal string
 * alignment).
 */
export function editDistance(left: string, right: string): number {
  let rows = { last: Array.from({ length: right.length + 1 }, (_, column) => column), beforeLast: [0] };
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const isSame = left[row - 1] === right[column - 1];
      const isSwap = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      current.push(
        Math.min(
          at(rows.last, column) + 1,
          at(current, column - 1) + 1,
          at(rows.last, column - 1) + (isSame ? 0 : 1),
          isSwap ? at(rows.beforeLast, column - 2) + 1 : Infinity,
        ),
      );
    }
    rows = { last: current, beforeLast: rows.last };
  }
  return at(rows.last, right.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}

/** Whether a key is most likely a misspelling of the word: not the word itself, but one or two slips away from it. */
export function isMisspelling(key: string, word: string): boolean {
  if (key === word || Math.abs(key.length - word.length) > 2) return false;
  const allowed = word.length < 5 ? 1 : 2;
  return editDistance(key.toLowerCase(), word) <= allowed;
}
