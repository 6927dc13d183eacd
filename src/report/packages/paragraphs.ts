/** The fields of a paragraph by name: as often as each is there, in order. */
export type Paragraph = ReadonlyMap<string, readonly string[]>;

const newline = 0x0a;
/** Of a line; the rest of a longer one is not read. */
const longestLine = 256 * 1024;
/** Of one field with all its lines. */
const longestField = 1024 * 1024;

/**
 * Paragraphs of `Name: value` with empty lines between them: dpkg's status (deb822(5)), apk's installed (apk-v2 database), headers of
 * Python's metadata (Core metadata specifications). Lines that begin with a space go on with the field before. Other lines are passed over.
 *
 * @param wanted the fields that are read, as they are written
 */
export function* paragraphs(
  bytes: Buffer,
  wanted: ReadonlySet<string>,
): Generator<Paragraph, void, undefined> {
  let fields = new Map<string, string[]>();
  let current: string | undefined;
  for (const line of linesOf(bytes)) {
    if (isBlank(line)) {
      if (fields.size > 0) yield fields;
      [fields, current] = [new Map(), undefined];
    } else if (isContinuation(line)) {
      if (current !== undefined) extendField(fields, current, textOf(line));
    } else {
      current = addField(fields, line, wanted);
    }
  }
  if (fields.size > 0) yield fields;
}

/** The first value of a field. */
export function firstOf(paragraph: Paragraph, name: string): string | undefined {
  return paragraph.get(name)?.[0];
}

function* linesOf(bytes: Buffer): Generator<Buffer, void, undefined> {
  for (let start = 0; start < bytes.length;) {
    const found = bytes.indexOf(newline, start);
    const end = found === -1 ? bytes.length : found;
    yield bytes.subarray(start, Math.min(end, start + longestLine));
    start = end + 1;
  }
}

function addField(
  fields: Map<string, string[]>,
  line: Buffer,
  wanted: ReadonlySet<string>,
): string | undefined {
  const colon = line.subarray(0, 64).indexOf(':');
  const name = colon === -1 ? '' : line.toString('latin1', 0, colon);
  if (!wanted.has(name)) return undefined;
  const values = fields.get(name) ?? [];
  // Thousands of one field in one paragraph are nobody's; the first ones are read.
  if (values.length < 10_000) values.push(textOf(line.subarray(colon + 1)));
  fields.set(name, values);
  return name;
}

function extendField(fields: Map<string, string[]>, name: string, text: string): void {
  const values = fields.get(name) ?? [];
  const last = values.at(-1) ?? '';
  if (last.length < longestField) values[values.length - 1] = `${last}\n${text}`;
}

function textOf(line: Buffer): string {
  return line.toString('utf8').trim();
}

function isContinuation(line: Buffer): boolean {
  return line[0] === 0x20 || line[0] === 0x09;
}

function isBlank(line: Buffer): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}
