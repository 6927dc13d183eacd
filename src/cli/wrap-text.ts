/** Narrower cells are a ladder of words: then the terminal breaks the line. */
const leastRoom = 12;
const mostLines = 8;
/** What is narrower is no terminal that somebody reads at. */
const leastColumns = 60;

/**
 * Text for a terminal of so many columns: a line that is longer is broken between words, and goes on below its last column, item of a
 * list or branch of a tree. A line that has a command in it stays whole, and so do words but for paths of keys: they are there to be
 * copied.
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
  return stream.columns >= leastColumns ? stream.columns : undefined;
}

function wrapLine(line: string, columns: number): string {
  if (/(?:^|\s)palette-edge [a-z-]/.test(line)) return line;
  const [start, indent] = hanging(line);
  const room = columns - start;
  const words = line
    .slice(start)
    .split(' ')
    .map((word) => breakableParts(word, room));
  const longest = Math.max(...words.flat().map(({ length }) => length));
  const isLadder = room < leastRoom || line.length - start > mostLines * room;
  // At the start of the line there is nothing that a long word could be out of line with.
  if (isLadder || (start > 0 && longest > room)) return line;
  return filled(words, room)
    .map((text, index) => (index === 0 ? `${line.slice(0, start)}${text}` : `${indent}${text}`))
    .join('\n');
}

/** Where the last cell begins, and what stands before its other lines. */
function hanging(line: string): readonly [start: number, indent: string] {
  const branch = /^[│ ]*[├└]─ /.exec(line)?.[0];
  if (branch !== undefined) return [branch.length, branch.replace('├─', '│ ').replace('└─', '  ')];
  const gaps = Array.from(
    line.matchAll(/(?:^ *| {2,})(?:- )?(?=\S)/g),
    ({ index, 0: gap }) => index + gap.length,
  );
  const start = gaps.at(-1) ?? 0;
  return [start, ' '.repeat(start)];
}

/** A path of keys, as `spec.template.spec.containers[0].image`, is broken behind a point when it has to be. */
function breakableParts(word: string, room: number): readonly string[] {
  const isKeyPath = /^[\w.[\]-]+$/.test(word) && word.includes('.');
  return isKeyPath && word.length > room ? word.split(/(?<=\.)/) : [word];
}

/** Words, each in the parts that it may be broken into, as lines of so much room. */
function filled(words: readonly (readonly string[])[], room: number): readonly string[] {
  const lines: string[] = [];
  let current: string | undefined;
  for (const [index, part] of words.flatMap((parts) => Array.from(parts.entries()))) {
    const joined: string = current === undefined ? part : `${current}${index === 0 ? ' ' : ''}${part}`;
    if (current !== undefined && joined.length > room) {
      lines.push(current);
      current = part;
    } else current = joined;
  }
  return current === undefined ? lines : [...lines, current];
}
