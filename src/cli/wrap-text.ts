/** Less room than that for words beside columns makes a ladder of them: then the terminal breaks the line. */
const leastRoom = 30;

/**
 * Text for a terminal of so many columns: a line that is longer is broken between words, and goes on below its last column or item
 * of a list. A line that has a command in it stays whole: it is there to be copied.
 */
export function wrapText(text: string, columns: number): string {
  return text
    .split('\n')
    .map((line) => (line.length > columns ? wrapLine(line, columns) : line))
    .join('\n');
}

/** The columns of a terminal; undefined for what is none, or does not know. */
export function columnsOf(stream: object): number | undefined {
  const isTerminal = 'isTTY' in stream && stream.isTTY === true;
  if (!isTerminal || !('columns' in stream) || typeof stream.columns !== 'number') return undefined;
  return stream.columns >= 2 * leastRoom ? stream.columns : undefined;
}

function wrapLine(line: string, columns: number): string {
  if (/(?:^|\s)palette-edge [a-z-]/.test(line)) return line;
  const start = startOfLastCell(line);
  if (columns - start < leastRoom) return line;
  const indent = ' '.repeat(start);
  const lines: string[] = [];
  let current = line.slice(0, start);
  let hasWords = false;
  for (const word of line.slice(start).split(' ')) {
    if (hasWords && current.length + 1 + word.length > columns) {
      lines.push(current);
      current = `${indent}${word}`;
    } else {
      current = hasWords ? `${current} ${word}` : `${current}${word}`;
      hasWords = true;
    }
  }
  return [...lines, current].join('\n');
}

/** Behind the last gap between columns, and behind what begins an item of a list there. */
function startOfLastCell(line: string): number {
  const gaps = Array.from(
    line.matchAll(/(?:^ *| {2,})(?:- )?(?=\S)/g),
    ({ index, 0: gap }) => index + gap.length,
  );
  return gaps.at(-1) ?? 0;
}
