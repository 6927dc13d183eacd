import { breakableWords, longestPart } from './breakable-words.ts';
import { foldTables, leastRoom, mostLines } from './fold-tables.ts';

/** Of a value that goes on below its name. */
const belowIndent = 4;
/** What is narrower is no terminal that somebody reads at. */
const leastColumns = 60;

/**
 * Text for a terminal of so many columns: a line that is longer is broken between words, and goes on below its last column, item of a
 * list or branch of a tree. A value with a word that has no room there goes on below its name; a table that is too wide is folded. A line
 * that has a command in it stays whole, and so do words but for paths of keys: they are there to be copied.
 */
export function wrapText(text: string, columns: number): string {
  return foldTables(text.split('\n'), columns)
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
  const words = breakableWords(line.slice(start), room);
  const isLadder = room < leastRoom || line.length - start > mostLines * room;
  // At the start of the line there is nothing that a long word could be out of line with.
  if (isLadder || (start > 0 && longestPart(words) > room)) return valueBelow(line, start, columns);
  return filled(words, room)
    .map((text, index) => (index === 0 ? `${line.slice(0, start)}${text}` : `${indent}${text}`))
    .join('\n');
}

/** A field with its value below its name, where that has room for it; any other line as it is. */
function valueBelow(line: string, start: number, columns: number): string {
  const name = line.slice(0, start).trimEnd();
  const first = /^ {2,}(?! *- )/.exec(line)?.[0].length ?? 0;
  const indent = first + belowIndent;
  const room = columns - indent;
  const words = breakableWords(line.slice(start), room);
  if (first === 0 || name === '' || longestPart(words) > room) return line;
  return [name, ...filled(words, room).map((text) => `${' '.repeat(indent)}${text}`)].join('\n');
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
