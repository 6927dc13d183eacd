import { elfLayout, wideNumber } from './elf-segments.ts';
import type { ElfLayout, ElfSegment } from './elf-segments.ts';
import type { FileWindow } from './file-window.ts';
import type { Finding } from './found-package.ts';
import { packagesOfGoBuild } from './go-build-info.ts';
import type { GoBuild } from './go-build-info.ts';

const magic = Buffer.from('\u00FF Go buildinf:', 'latin1');
const alignment = 16;
const headerSize = 32;
const pointerSizeAt = 14;
const flagsAt = 15;
const flagBits = { bigEndian: 1, inline: 2 } as const;
/** The table of segments lies in these bytes, or is not read. */
const headSize = 64 * 1024;
/** Of the version of Go, and of the list of modules: the longest known are 50 KiB. */
const longestVersion = 256;
const longestModules = 4 * 1024 * 1024;
/** Places that are looked at. A program that reads this of others has one more than those that do not. */
const mostPlaces = 64;

/**
 * What an ELF file says of how Go built it (debug/buildinfo): of Go 1.18 and later from the texts behind the header, of older ones where
 * pointers lead. Undefined for a program that Go did not build. Reading ends as soon as it is known.
 *
 * Go itself looks where the table of sections says, which is at the end of a file. Here the file goes by once: the first header in
 * a writable segment counts, which is where linkers put it, or else the first one anywhere that is no code.
 *
 * @param window begun for this file
 */
export async function readGoBinary(
  content: AsyncIterable<Uint8Array>,
  window: FileWindow,
): Promise<Finding | undefined> {
  const search: Search = { window, layout: undefined, places: [] };
  for await (const piece of content) {
    window.append(piece);
    findPlaces(search, window.end - piece.length);
    if (window.end >= headSize) readLayout(search);
    const build = firstBuild(search, true);
    if (build !== undefined) return findingOf(build);
  }
  readLayout(search);
  const build = firstBuild(search, true) ?? firstBuild(search, false) ?? olderBuild(search);
  return build === undefined ? unreadable(search) : findingOf(build);
}

interface Search {
  readonly window: FileWindow;
  layout: ElfLayout | undefined;
  readonly places: Place[];
}

/** Where a header is. */
interface Place {
  readonly at: number;
  /** Once all of it has been there. */
  build?: GoBuild | 'none';
}

/** From the beginning of the file, as long as that is there. */
function readLayout(search: Search): void {
  search.layout ??= elfLayout(search.window.view(0, headSize));
}

function findPlaces({ window, places }: Search, from: number): void {
  // It may have begun in the piece before.
  let at = Math.max(window.start, from - magic.length + 1);
  for (;;) {
    const found = window.view(at, window.end).indexOf(magic);
    if (found === -1 || places.length === mostPlaces) return;
    places.push({ at: at + found });
    at += found + 1;
  }
}

/** The first build whose texts are there, in a segment that is writable, or in one that is not. */
function firstBuild(search: Search, isWritable: boolean): GoBuild | undefined {
  const { window, places } = search;
  for (const place of places) {
    if (place.build === undefined) {
      const read = inlineBuild(
        window.view(place.at, place.at + headerSize + longestVersion + longestModules + 20),
      );
      if (read !== undefined) place.build = read;
    }
    const segment = segmentOf(search, place.at);
    if (typeof place.build === 'object' && segment?.isWritable === isWritable) return place.build;
  }
  return undefined;
}

/** The segment of a place that is aligned as headers are, and no code. */
function segmentOf({ layout }: Search, at: number): ElfSegment | undefined {
  const segment = layout?.segments.find(({ offset, size }) => offset <= at && at < offset + size);
  if (segment === undefined || segment.isExecutable) return undefined;
  return (at - segment.offset + segment.address) % alignment === 0 ? segment : undefined;
}

/** The texts behind a header. Undefined when they have not come yet, `none` when there are none. */
function inlineBuild(bytes: Buffer): GoBuild | 'none' | undefined {
  if (bytes.length < headerSize) return undefined;
  if (((bytes[flagsAt] ?? 0) & flagBits.inline) === 0) return 'none';
  const version = textAt(bytes, headerSize, longestVersion);
  if (typeof version !== 'object') return version;
  const modules = textAt(bytes, version.end, longestModules);
  if (typeof modules !== 'object') return modules;
  return version.text.length === 0 ? 'none' : buildOf(version.text, modules.text);
}

/** A length in seven bits a byte, the lowest first, and as many bytes. */
function textAt(
  bytes: Buffer,
  at: number,
  longest: number,
): { readonly text: Buffer; readonly end: number } | 'none' | undefined {
  let length = 0;
  for (let index = 0; ; index += 1) {
    const byte = bytes[at + index];
    if (byte === undefined) return undefined;
    length += (byte & 0x7f) * 128 ** index;
    if (length > longest || index > 4) return 'none';
    if (byte >= 0x80) continue;
    const start = at + index + 1;
    const text = bytes.subarray(start, start + length);
    return text.length < length ? undefined : { text, end: start + length };
  }
}

/** Of Go before 1.18: a header with two pointers to texts, each of which is a pointer and a length. */
function olderBuild(search: Search): GoBuild | undefined {
  const { window, layout, places } = search;
  if (window.start > 0 || layout === undefined) return undefined;
  for (const { at } of places) {
    if (segmentOf(search, at)?.isWritable !== true) continue;
    const build = pointedBuild(window.view(at, at + headerSize), { window, layout });
    if (build !== undefined) return build;
  }
  return undefined;
}

function pointedBuild(header: Buffer, file: Pick<Pointers, 'window' | 'layout'>): GoBuild | undefined {
  const size = header[pointerSizeAt];
  if (header.length < headerSize || (size !== 4 && size !== 8)) return undefined;
  const isLittleEndian = ((header[flagsAt] ?? 0) & flagBits.bigEndian) === 0;
  const pointers: Pointers = { ...file, size, isLittleEndian };
  const version = textBehind(pointers, numberIn(header, 16, pointers), longestVersion);
  if (version === undefined || version.length === 0) return undefined;
  const modules = textBehind(pointers, numberIn(header, 16 + size, pointers), longestModules);
  return buildOf(version, modules ?? Buffer.alloc(0));
}

interface Pointers {
  readonly window: FileWindow;
  readonly layout: ElfLayout;
  readonly size: 4 | 8;
  readonly isLittleEndian: boolean;
}

function textBehind(pointers: Pointers, address: number, longest: number): Buffer | undefined {
  const header = bytesAt(pointers, address, pointers.size * 2);
  if (header === undefined) return undefined;
  const length = numberIn(header, pointers.size, pointers);
  return length > longest ? undefined : bytesAt(pointers, numberIn(header, 0, pointers), length);
}

function bytesAt({ window, layout }: Pointers, address: number, length: number): Buffer | undefined {
  const segment = layout.segments.find(
    (each) => each.address <= address && address < each.address + each.size,
  );
  if (segment === undefined) return undefined;
  const at = segment.offset + address - segment.address;
  const bytes = window.view(at, at + length);
  return bytes.length === length ? bytes : undefined;
}

function numberIn(bytes: Buffer, at: number, { size, isLittleEndian }: Pointers): number {
  if (size === 8) return wideNumber(bytes, at, isLittleEndian);
  return isLittleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
}

/** The list of modules has sixteen bytes before and behind it, by which `go version` finds it in memory. */
function buildOf(version: Buffer, modules: Buffer): GoBuild {
  const isFramed = modules.length >= 33 && modules.at(-17) === 0x0a;
  return {
    goVersion: version.toString('utf8'),
    modules: isFramed ? modules.toString('utf8', 16, modules.length - 16) : '',
  };
}

function findingOf(build: GoBuild): Finding {
  return { packages: packagesOfGoBuild(build), problems: [] };
}

/** A file with a header that leads nowhere, when it has been too large to look elsewhere in it. */
function unreadable(search: Search): Finding | undefined {
  const isLost =
    search.window.start > 0 && search.places.some(({ at }) => segmentOf(search, at)?.isWritable === true);
  if (!isLost) return undefined;
  const problem =
    'is too large for what Go before 1.18 wrote of how it was built; its modules are not listed';
  return { packages: [], problems: [problem] };
}
