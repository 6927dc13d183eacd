import { UnreadableError } from './found-package.ts';

const magic = 'SQLite format 3\0';
const headerSize = 100;
/** Deeper than any tree of a file that is held in memory. */
const deepest = 20;
const pageTypes = { interior: 5, leaf: 13 } as const;

/** Whether it is a database of SQLite 3. */
export function isSqlite(bytes: Buffer): boolean {
  return bytes.length >= headerSize && bytes.toString('latin1', 0, magic.length) === magic;
}

/**
 * Blobs of a table, one of each row, the first that is there (SQLite, "Database File Format"). As little of SQLite as rpm's table needs: no
 * index, no journal, no text but names of tables.
 *
 * @throws UnreadableError or RangeError for a damaged one, or one without the table
 */
export function* sqliteBlobs(bytes: Buffer, table: string): Generator<Buffer, void, undefined> {
  const database = openDatabase(bytes);
  let root: number | undefined;
  for (const record of recordsOf(database, 1, 0)) {
    const [type, name, , page] = valuesOf(record);
    if (type?.bytes.toString() === 'table' && name?.bytes.toString() === table) root = numberOf(page);
  }
  if (root === undefined) throw new UnreadableError(`has no table of the name ${table}`);
  database.visited.clear();
  for (const record of recordsOf(database, root, 0)) {
    const blob = valuesOf(record).find(({ kind }) => kind === 'blob');
    if (blob !== undefined) yield blob.bytes;
  }
}

interface Database {
  readonly bytes: Buffer;
  readonly pageSize: number;
  /** Bytes of a page that hold content. */
  readonly usable: number;
  /** Pages of trees: each is in one, once. */
  readonly visited: Set<number>;
  /** Bytes that records may still have: no page is in two of them. */
  left: number;
}

function openDatabase(bytes: Buffer): Database {
  const said = bytes.readUInt16BE(16);
  const pageSize = said === 1 ? 65_536 : said;
  const usable = pageSize - bytes.readUInt8(20);
  if (pageSize < 512 || (pageSize & (pageSize - 1)) !== 0 || usable < 480)
    throw new UnreadableError(`has pages of ${pageSize} bytes, which no such database has`);
  return { bytes, pageSize, usable, visited: new Set(), left: 2 * bytes.length };
}

function* recordsOf(database: Database, number: number, depth: number): Generator<Buffer, void, undefined> {
  const { bytes, visited } = database;
  if (depth > deepest || visited.has(number)) throw new UnreadableError('has pages that lead in circles');
  visited.add(number);
  const page = pageAt(database, number);
  for (const at of page.cells) {
    if (page.type === pageTypes.leaf) yield recordAt(database, at, page.end);
    else yield* recordsOf(database, bytes.readUInt32BE(at), depth + 1);
  }
  // The child behind the last cell is named in the header.
  if (page.type === pageTypes.interior)
    yield* recordsOf(database, bytes.readUInt32BE(page.header + 8), depth + 1);
}

interface TreePage {
  readonly type: number;
  /** Positions in the file: of its header, of its end, of its cells. */
  readonly header: number;
  readonly end: number;
  readonly cells: readonly number[];
}

function pageAt({ bytes, pageSize }: Database, number: number): TreePage {
  const start = (number - 1) * pageSize;
  const end = start + pageSize;
  if (number < 1 || end > bytes.length) throw new UnreadableError('is cut off');
  const header = number === 1 ? start + headerSize : start;
  const type = bytes.readUInt8(header);
  const count = bytes.readUInt16BE(header + 3);
  const pointers = header + (type === pageTypes.interior ? 12 : 8);
  const isTree = type === pageTypes.interior || type === pageTypes.leaf;
  if (!isTree || pointers + count * 2 > end) throw new UnreadableError('has a damaged page');
  const cells = Array.from({ length: count }, (_, cell) => start + bytes.readUInt16BE(pointers + cell * 2));
  return { type, header, end, cells };
}

/** The payload of a cell of a leaf: what does not fit lies in pages that name each other ("B-tree Cell Format"). */
function recordAt(database: Database, at: number, pageEnd: number): Buffer {
  const { bytes, usable } = database;
  const size = varintAt(bytes, at);
  const rowId = varintAt(bytes, size.end);
  database.left -= size.value;
  if (database.left < 0) throw new UnreadableError('has rows that overlap');
  const local = localSize(size.value, usable);
  const end = rowId.end + local;
  if (end > pageEnd) throw new UnreadableError('has a damaged page');
  const first = bytes.subarray(rowId.end, end);
  if (local === size.value) return first;
  return Buffer.concat([first, ...overflowOf(database, bytes.readUInt32BE(end), size.value - local)]);
}

function localSize(size: number, usable: number): number {
  if (size <= usable - 35) return size;
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const fitting = least + ((size - least) % (usable - 4));
  return fitting <= usable - 35 ? fitting : least;
}

function overflowOf({ bytes, pageSize, usable }: Database, first: number, size: number): Buffer[] {
  const pieces: Buffer[] = [];
  let left = size;
  for (let page = first; left > 0;) {
    const start = (page - 1) * pageSize;
    if (page < 1 || start + pageSize > bytes.length) throw new UnreadableError('has a row that is cut off');
    const piece = bytes.subarray(start + 4, start + 4 + Math.min(left, usable - 4));
    pieces.push(piece);
    left -= piece.length;
    page = bytes.readUInt32BE(start);
  }
  return pieces;
}

interface Value {
  readonly kind: 'number' | 'text' | 'blob' | 'other';
  readonly bytes: Buffer;
}

/** "Record Format": types in a header, values behind it. Values beyond the fifth are not needed. */
function valuesOf(record: Buffer): Value[] {
  const header = varintAt(record, 0);
  const values: Value[] = [];
  let content = header.value;
  for (let at = header.end; at < header.value && values.length < 5;) {
    const type = varintAt(record, at);
    const size = sizeOfType(type.value);
    if (content + size > record.length) throw new UnreadableError('has a damaged row');
    values.push({ kind: kindOfType(type.value), bytes: record.subarray(content, content + size) });
    content += size;
    at = type.end;
  }
  return values;
}

function sizeOfType(type: number): number {
  if (type >= 12) return Math.floor((type - 12) / 2);
  return [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0][type] ?? 0;
}

function kindOfType(type: number): Value['kind'] {
  if (type >= 12) return type % 2 === 0 ? 'blob' : 'text';
  return type >= 1 && type <= 6 ? 'number' : 'other';
}

function numberOf(value: Value | undefined): number | undefined {
  if (value?.kind !== 'number' || value.bytes.length > 6) return undefined;
  return value.bytes.readUIntBE(0, value.bytes.length);
}

/** Seven bits a byte, the highest first; more than 53 bits are in no file that can be read here. */
function varintAt(bytes: Buffer, at: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let end = at; end < at + 8; end += 1) {
    const byte = bytes.readUInt8(end);
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return { value, end: end + 1 };
  }
  throw new UnreadableError('has a damaged number');
}
