import { PaletteEdgeError } from '../errors.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import { digestHex, toDigest } from '../oci/digest.ts';
import { FieldReader, FieldWriter } from './byte-fields.ts';
import type { EncoderCheckpoint } from './deflate-encoder.ts';
import type { EncoderParameters } from './encoder-parameters.ts';
import { mostSegments, mostSharedSize, segmentExcess } from './recipe-limits.ts';

/** How the exact bytes of a gzip file come back from its plain bytes: docs/squeeze-recipe.md. */
export interface Recipe {
  /** The gzip file. */
  readonly gzip: BlobIdentity;
  /** All its plain bytes in one: of every member, one after the other. */
  readonly plain: BlobIdentity;
  /** What follows each other in the gzip file. */
  readonly segments: readonly RecipeSegment[];
}

/** One stretch of a gzip file. */
export type RecipeSegment = LiteralSegment | DeflateSegment;

/** Bytes as they are: headers and trailers of gzip members, and what follows the last of them. */
interface LiteralSegment {
  readonly kind: 'literal';
  readonly bytes: Uint8Array;
}

/** One DEFLATE stream, which an encoder writes from the next plain bytes. */
export interface DeflateSegment {
  readonly kind: 'deflate';
  readonly encoder: EncoderParameters;
  /** How many plain bytes it takes. */
  readonly plain: number;
  /** How many bytes it has. */
  readonly size: number;
  /** Where in the stream the encoder can begin too, in order; none for encoders that cannot. */
  readonly checkpoints: readonly EncoderCheckpoint[];
  /** What the encoder `corrections` needs besides. */
  readonly corrections?: Uint8Array;
}

/** Seven bytes that are the beginning of no text, then the version of the format. */
const magic = Uint8Array.of(0x93, 0x50, 0x45, 0x52, 0x43, 0x50, 0x0a);
const version = 1;

const kinds = { literal: 0, shared: 1, deflate: 2, checkpoints: 3, corrections: 4 };

const mostNameLength = 32;
const mostSettings = 16;
/** Settings and states of encoders are short lists. */
const mostState = 64;

/** Plain bytes between checkpoints, at least: each costs some tens of kibibytes of work, and an encoder. */
const leastDistance = 256 * 1024;

/** The bytes of a recipe. Equal recipes give equal bytes. */
export function encodeRecipe({ gzip, plain, segments }: Recipe): Uint8Array {
  const writer = new FieldWriter();
  writer.raw(magic);
  writer.number(version);
  for (const blob of [gzip, plain]) {
    writer.raw(Buffer.from(digestHex(blob.digest), 'hex'));
    writer.number(blob.size);
  }
  const shared = sharedLiterals(segments);
  writer.number(shared.size);
  for (const key of shared.keys()) writer.sized(Buffer.from(key, 'latin1'));
  const encoders = writeEncoders(writer, segments);
  writer.number(segments.length);
  for (const segment of segments) {
    if (segment.kind === 'literal') writeLiteral(writer, segment.bytes, shared);
    else writeDeflate(writer, segment, encoders.get(encoderKey(segment.encoder)) ?? 0);
  }
  return writer.done();
}

/** The literals that are there several times, with their places in the table: heads of members, mostly. */
function sharedLiterals(segments: readonly RecipeSegment[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const segment of segments) {
    if (segment.kind !== 'literal' || segment.bytes.length > mostSharedSize) continue;
    const key = literalKey(segment.bytes);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const repeated = [...counts].filter(([, count]) => count > 1);
  return new Map(repeated.map(([key], index) => [key, index]));
}

function literalKey(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

function writeLiteral(writer: FieldWriter, bytes: Uint8Array, shared: ReadonlyMap<string, number>): void {
  const index = bytes.length > mostSharedSize ? undefined : shared.get(literalKey(bytes));
  writer.number(index === undefined ? kinds.literal : kinds.shared);
  if (index === undefined) writer.sized(bytes);
  else writer.number(index);
}

function encoderKey({ encoder, settings }: EncoderParameters): string {
  return JSON.stringify([encoder, sortedSettings(settings)]);
}

function sortedSettings(settings: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(settings).toSorted(([one], [other]) => (one < other ? -1 : 1));
}

/** @returns their places in the table */
function writeEncoders(writer: FieldWriter, segments: readonly RecipeSegment[]): Map<string, number> {
  const places = new Map<string, number>();
  const encoders: EncoderParameters[] = [];
  for (const segment of segments) {
    if (segment.kind !== 'deflate' || places.has(encoderKey(segment.encoder))) continue;
    places.set(encoderKey(segment.encoder), places.size);
    encoders.push(segment.encoder);
  }
  writer.number(encoders.length);
  for (const { encoder, settings } of encoders) {
    writer.text(encoder);
    const sorted = sortedSettings(settings);
    writer.number(sorted.length);
    for (const [name, value] of sorted) {
      writer.text(name);
      writer.signed(value);
    }
  }
  return places;
}

function writeDeflate(writer: FieldWriter, segment: DeflateSegment, encoder: number): void {
  const { plain, size, checkpoints, corrections } = segment;
  if (corrections !== undefined) writer.number(kinds.corrections);
  else writer.number(checkpoints.length > 0 ? kinds.checkpoints : kinds.deflate);
  writer.number(encoder);
  writer.number(plain);
  writer.number(size);
  if (corrections !== undefined) writer.sized(corrections);
  else if (checkpoints.length > 0) writeCheckpoints(writer, checkpoints);
}

function writeCheckpoints(writer: FieldWriter, checkpoints: readonly EncoderCheckpoint[]): void {
  writer.number(checkpoints.length);
  let before = { plain: 0, bits: 0 };
  for (const checkpoint of checkpoints) {
    writer.number(checkpoint.plain - before.plain);
    writer.number(checkpoint.bits - before.bits);
    writer.number(checkpoint.state.length);
    for (const value of checkpoint.state) writer.signed(value);
    before = checkpoint;
  }
}

/**
 * Reads the bytes of a recipe. They may be hostile: sizes are checked against each other, and what it returns takes memory in
 * proportion to the bytes, some of which it keeps a view of.
 *
 * @param name whose recipe it is, for messages
 * @throws PaletteEdgeError `RECIPE_INVALID`, or `RECIPE_UNSUPPORTED` for a later version of the format (kind content)
 */
export function parseRecipe(bytes: Uint8Array, name: string): Recipe {
  const reader = new FieldReader(bytes, (reason) => {
    throw invalidRecipe(name, reason);
  });
  if (!magic.every((byte, at) => bytes[at] === byte))
    throw invalidRecipe(name, 'it does not begin as recipes do');
  reader.raw(magic.length);
  const found = reader.number();
  if (found !== version) throw unsupportedRecipe(name, `its version is ${found}; expected ${version}`);
  const gzip = readIdentity(reader);
  const plain = readIdentity(reader);
  const shared = list(reader, () => reader.sized(mostSharedSize));
  const encoders = list(reader, () => readEncoder(reader));
  const segments = list(reader, () => readSegment({ reader, shared, encoders, name }), mostSegments);
  if (reader.left > 0) throw invalidRecipe(name, `${reader.left} bytes follow it`);
  const excess = segmentExcess(segments);
  if (excess !== undefined) throw invalidRecipe(name, excess);
  checkSizes({ gzip, plain, segments }, name);
  return { gzip, plain, segments };
}

function readIdentity(reader: FieldReader): BlobIdentity {
  const digest = toDigest(Buffer.from(reader.raw(32)).toString('hex'));
  return { digest, size: reader.number() };
}

/** A number, and as many things; each takes a byte at least. */
function list<T>(reader: FieldReader, read: () => T, most = reader.left): T[] {
  const count = reader.number(Math.min(most, reader.left));
  const things: T[] = [];
  while (things.length < count) things.push(read());
  return things;
}

function readEncoder(reader: FieldReader): EncoderParameters {
  const encoder = reader.text(mostNameLength);
  const settings: Record<string, number> = Object.create(null);
  for (let left = reader.number(mostSettings); left > 0; left -= 1) {
    settings[reader.text(mostNameLength)] = reader.signed();
  }
  return { encoder, settings };
}

interface SegmentPlace {
  readonly reader: FieldReader;
  readonly shared: readonly Uint8Array[];
  readonly encoders: readonly EncoderParameters[];
  readonly name: string;
}

function readSegment({ reader, shared, encoders, name }: SegmentPlace): RecipeSegment {
  const kind = reader.number(kinds.corrections);
  if (kind === kinds.literal) return { kind: 'literal', bytes: reader.sized() };
  const index = reader.number();
  const missing = (what: string): never => {
    throw invalidRecipe(name, `it has no ${what} ${index}`);
  };
  if (kind === kinds.shared) return { kind: 'literal', bytes: shared[index] ?? missing('literal') };
  const encoder = encoders[index] ?? missing('encoder');
  const [plain, size] = [reader.number(), reader.number()];
  const checkpoints = kind === kinds.checkpoints ? readCheckpoints(reader) : [];
  const wrong = wrongCheckpoints(checkpoints, { plain, size });
  if (wrong !== undefined) throw invalidRecipe(name, wrong);
  const stream = { kind: 'deflate' as const, encoder, plain, size, checkpoints };
  return kind === kinds.corrections ? { ...stream, corrections: reader.sized() } : stream;
}

/** Why they cannot be of a stream of this size. */
function wrongCheckpoints(
  checkpoints: readonly EncoderCheckpoint[],
  { plain, size }: { readonly plain: number; readonly size: number },
): string | undefined {
  const last = checkpoints.at(-1);
  if (last !== undefined && (last.plain > plain || last.bits > size * 8)) {
    return 'a checkpoint is behind the end of its stream';
  }
  const close = checkpoints.some(
    (point, at) => point.plain - (checkpoints[at - 1]?.plain ?? 0) < leastDistance,
  );
  return close ? `checkpoints are less than ${leastDistance} plain bytes apart` : undefined;
}

function readCheckpoints(reader: FieldReader): EncoderCheckpoint[] {
  let [plain, bits] = [0, 0];
  return list(reader, () => {
    plain += reader.number();
    bits += reader.number();
    const state: number[] = [];
    for (let left = reader.number(mostState); left > 0; left -= 1) state.push(reader.signed());
    return { plain, bits, state };
  });
}

function checkSizes({ gzip, plain, segments }: Recipe, name: string): void {
  let [gzipSize, plainSize] = [0, 0];
  for (const segment of segments) {
    gzipSize += segment.kind === 'literal' ? segment.bytes.length : segment.size;
    plainSize += segment.kind === 'literal' ? 0 : segment.plain;
  }
  if (gzipSize !== gzip.size) throw invalidRecipe(name, `it gives ${gzipSize} bytes of ${gzip.size}`);
  if (plainSize !== plain.size)
    throw invalidRecipe(name, `it takes ${plainSize} plain bytes of ${plain.size}`);
}

/** The error for a recipe whose bytes are not what they must be. */
function invalidRecipe(name: string, reason: string): PaletteEdgeError {
  return new PaletteEdgeError('RECIPE_INVALID', `the recipe of ${name} is damaged: ${reason}`, {
    kind: 'content',
    suggestions: ['Compare the bundle with its .sha256 file (sha256sum -c) and copy it again.'],
  });
}

/** The error for a recipe that only a later version of this tool can follow. */
export function unsupportedRecipe(name: string, reason: string): PaletteEdgeError {
  return new PaletteEdgeError('RECIPE_UNSUPPORTED', `the recipe of ${name} cannot be followed: ${reason}`, {
    kind: 'content',
    suggestions: ['Use the version of palette-edge that squeezed the bundle, or a later one.'],
  });
}
