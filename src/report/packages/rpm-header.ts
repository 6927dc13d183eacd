import { distinct, distinctNames, fieldText, isNamed } from './field-text.ts';
import { UnreadableError } from './found-package.ts';
import type { FoundPackage } from './found-package.ts';

/** Tags of rpm's headers (rpm, docs/manual/tags.md). */
const tags = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  vendor: 1011,
  license: 1014,
  url: 1020,
  architecture: 1022,
  sourceRpm: 1044,
  provides: 1047,
  requires: 1049,
} as const;

/** Types of values: the second and third are one text and several, the fourth several of which the first needs no translation. */
const types = { int32: 4, string: 6, stringArray: 8, i18nString: 9 } as const;

const entrySize = 16;
/** As rpm has it (header.c: `hdrchkTags`, `hdrchkData`). */
const mostEntries = 0xff_ff;
/** Of names in one list. */
const mostNames = 20_000;

/**
 * The package of a header as databases of rpm hold it (rpm, docs/manual/format_header.md, without the eight bytes of magic before it): how
 * many entries and bytes of data there are, the entries, the data. Undefined for a public key.
 *
 * @throws UnreadableError or RangeError for a damaged one
 */
export function packageOfRpmHeader(blob: Buffer): FoundPackage | undefined {
  const header = readHeader(blob);
  const [name, version] = [textOf(header, tags.name), textOf(header, tags.version)];
  if (name === 'gpg-pubkey') return undefined;
  const release = textOf(header, tags.release);
  const full = [version, release].filter((part) => part !== undefined).join('-');
  if (name === undefined || !isNamed(name, full)) throw new UnreadableError('has no name or version');
  const epoch = numberOf(header, tags.epoch);
  return {
    type: 'rpm',
    name,
    version: epoch === undefined ? full : `${epoch}:${full}`,
    architecture: textOf(header, tags.architecture),
    licences: distinct([textOf(header, tags.license)]),
    supplier: textOf(header, tags.vendor),
    homepage: textOf(header, tags.url),
    upstream: textOf(header, tags.sourceRpm),
    provides: namesOf(header, tags.provides),
    requires: namesOf(header, tags.requires).map((each) => [each]),
  };
}

interface Header {
  readonly entries: ReadonlyMap<number, Entry>;
  readonly data: Buffer;
}

interface Entry {
  readonly type: number;
  readonly offset: number;
  readonly count: number;
}

function readHeader(blob: Buffer): Header {
  const [count, size] = [blob.readUInt32BE(0), blob.readUInt32BE(4)];
  const start = 8 + count * entrySize;
  if (count > mostEntries || start + size > blob.length)
    throw new UnreadableError('has a header that is cut off');
  const entries = new Map<number, Entry>();
  for (let at = 8; at < start; at += entrySize) {
    const [tag, type] = [blob.readUInt32BE(at), blob.readUInt32BE(at + 4)];
    // What rpm adds when it installs comes last, and counts.
    entries.set(tag, { type, offset: blob.readUInt32BE(at + 8), count: blob.readUInt32BE(at + 12) });
  }
  return { entries, data: blob.subarray(start, start + size) };
}

function textOf({ entries, data }: Header, tag: number): string | undefined {
  const entry = entries.get(tag);
  if (entry === undefined || (entry.type !== types.string && entry.type !== types.i18nString))
    return undefined;
  const text = fieldText(stringsAt(data, entry.offset, 1)[0]);
  return text === '(none)' ? undefined : text;
}

function numberOf({ entries, data }: Header, tag: number): number | undefined {
  const entry = entries.get(tag);
  return entry?.type === types.int32 && entry.count > 0 ? data.readUInt32BE(entry.offset) : undefined;
}

function namesOf({ entries, data }: Header, tag: number): string[] {
  const entry = entries.get(tag);
  if (entry?.type !== types.stringArray) return [];
  // What rpm itself has to be able to do is no package.
  const names = stringsAt(data, entry.offset, Math.min(entry.count, mostNames));
  return distinctNames(names.filter((each) => !each.startsWith('rpmlib(')));
}

/** Texts one behind the other, each with a NUL at its end. */
function stringsAt(data: Buffer, offset: number, count: number): string[] {
  const texts: string[] = [];
  for (let at = offset; texts.length < count;) {
    const end = data.indexOf(0, at);
    if (at > data.length || end === -1) throw new UnreadableError('has a text that is cut off');
    texts.push(data.toString('utf8', at, end));
    at = end + 1;
  }
  return texts;
}
