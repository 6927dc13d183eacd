import { breakableWords, longestPart } from './breakable-words.ts';

/** Room that text is read in. Narrower cells are a ladder of words. */
export const leastRoom = 12;
/** Lines that a cell may take beside others. */
export const mostLines = 8;
const gap = 2;
const indent = 4;

/** The lines of a table, and where its columns begin. */
interface Table {
  readonly starts: readonly number[];
  /** Head first. */
  readonly rows: readonly (readonly string[])[];
}

/**
 * Folds tables that are too wide, even with their last column broken between words: the columns that do not fit go on below, indented, and
 * are aligned there, too. All rows are folded alike. Other lines stay.
 */
export function foldTables(lines: readonly string[], columns: number): readonly string[] {
  const folded: string[] = [];
  for (let at = 0; at < lines.length;) {
    const table = tableAt(lines, at);
    const height = table?.rows.length ?? 1;
    const block = lines.slice(at, at + height);
    folded.push(...(table === undefined || isFitting(table, block, columns) ? block : fold(table, columns)));
    at += height;
  }
  return folded;
}

/** A table begins with a head of capitals, and ends with the first line that does not keep to its columns. */
function tableAt(lines: readonly string[], at: number): Table | undefined {
  const head = lines[at] ?? '';
  if (!/^[A-Z][A-Z ()-]* {2}[A-Z ()-]+$/.test(head)) return undefined;
  const starts = Array.from(
    head.matchAll(/(?:^| {2,})(?=\S)/g),
    ({ index, 0: { length } }) => index + length,
  );
  const end = lines.findIndex((line, index) => index > at && !isRow(line, starts));
  const block = lines.slice(at, end === -1 ? undefined : end);
  return { starts, rows: block.map((line) => cellsOf(line, starts)) };
}

function isRow(line: string, starts: readonly number[]): boolean {
  const isAligned = (start: number): boolean =>
    start === 0 || line.slice(start - gap, start).trimEnd() === '';
  return line !== '' && starts.every(isAligned);
}

function cellsOf(line: string, starts: readonly number[]): string[] {
  return starts.map((start, index) => line.slice(start, starts[index + 1]).trimEnd());
}

/** Whether all lines fit, or will when the last column is broken between words. */
function isFitting({ starts, rows }: Table, block: readonly string[], columns: number): boolean {
  if (block.every(({ length }) => length <= columns)) return true;
  const room = columns - (starts.at(-1) ?? 0);
  const last = rows.map((cells) => cells.at(-1) ?? '');
  return (
    room >= leastRoom &&
    longestOf(last, room) <= room &&
    last.every((text) => text.length <= mostLines * room)
  );
}

function longestOf(cells: readonly string[], room: number): number {
  return largest(cells.map((text) => longestPart(breakableWords(text, room))));
}

function fold(table: Table, columns: number): string[] {
  const widths = widthsOf(table.rows);
  const groups = groupsOf(table, columns);
  return table.rows.flatMap((cells) =>
    groups.flatMap((group, index) => {
      const padded = group.map((column) => (cells[column] ?? '').padEnd(widths[column] ?? 0));
      const text = padded.join(' '.repeat(gap)).trimEnd();
      return text === '' ? [] : [`${' '.repeat(index === 0 ? 0 : indent)}${text}`];
    }),
  );
}

/** As many columns as fit into a line, and so on. */
function groupsOf({ rows }: Table, columns: number): readonly (readonly number[])[] {
  const widths = widthsOf(rows);
  const groups: number[][] = [];
  let end = columns;
  for (const [column, width] of widths.entries()) {
    const isLast = column === widths.length - 1;
    const room = columns - end - gap;
    const needed = isLast ? Math.min(width, neededOf(rows, room)) : width;
    const group = groups.at(-1);
    if (group !== undefined && needed <= room) {
      group.push(column);
      end += gap + width;
    } else {
      groups.push([column]);
      end = (groups.length === 1 ? 0 : indent) + width;
    }
  }
  return groups;
}

/** What the last column needs when it is broken between words. */
function neededOf(rows: readonly (readonly string[])[], room: number): number {
  const last = rows.map((cells) => cells.at(-1) ?? '');
  const lines = largest(last.map(({ length }) => length)) / Math.max(1, room);
  return lines > mostLines ? Number.POSITIVE_INFINITY : Math.max(leastRoom, longestOf(last, room));
}

function widthsOf(rows: readonly (readonly string[])[]): readonly number[] {
  const [head = []] = rows;
  return head.map((_, column) => largest(rows.map((cells) => cells[column]?.length ?? 0)));
}

/** Not by arguments: a table may have more rows than a function may have of these. */
function largest(numbers: readonly number[]): number {
  return numbers.reduce((most, number) => Math.max(most, number), 0);
}
