import type { EncoderParameters } from './encoder-parameters.ts';
import type { GzipHead } from './gzip-member.ts';
import { klauspostGenerations } from './klauspost/klauspost-generation.ts';
import type { StreamShape } from './stream-shape.ts';

/** What tells who wrote a member. */
export interface EncoderHints {
  readonly head: GzipHead;
  readonly shape: StreamShape;
}

/** The time pgzip writes when it is given none: the first second of year 1, in 32 bits. */
const yearOne = 0x886e0900;
/** OS: what Go and Java write. */
const unknownSystem = 255;
/** OS: what most others write. */
const unix = 3;

/**
 * All encoders that may have written a member, the likeliest first. Nothing is ruled out by what a writer can choose: heads are easily
 * copied, and blocks end early for many reasons. Trying a wrong one takes one block.
 */
export function candidateEncoders(hints: EncoderHints): EncoderParameters[] {
  const families = [
    { weight: goWeight(hints), encoders: goEncoders(hints) },
    { weight: pgzipWeight(hints), encoders: pgzipEncoders(hints) },
    { weight: zlibWeight(hints), encoders: zlibEncoders(hints) },
    { weight: gnuGzipWeight(hints), encoders: gnuGzipEncoders(hints) },
    { weight: pigzWeight(hints), encoders: pigzEncoders(hints) },
    { weight: klauspostWeight(hints), encoders: klauspostEncoders(hints) },
  ];
  return families.toSorted((one, other) => other.weight - one.weight).flatMap(({ encoders }) => encoders);
}

/** Go's blocks have at most so many tokens; */
const goBlock = 16_384;
/** those of its levels 1, 0 and -2 have so many plain bytes. */
const goStretch = 65_535;

function goWeight({ head, shape }: EncoderHints): number {
  const stretches = shape.mostPlain === goStretch;
  return add([
    [head.system === unknownSystem, 1],
    [head.mtime === yearOne, -1],
    [shape.mostTokens === goBlock, 4],
    [stretches, 4],
    [shape.mostTokens > goBlock && !stretches, -4],
    [shape.endsEmpty === false, -4],
  ]);
}

function pgzipWeight({ head, shape }: EncoderHints): number {
  return add([
    [head.mtime === yearOne, 3],
    [blockSizes(shape).length > 0, 2],
  ]);
}

function zlibWeight({ head, shape }: EncoderHints): number {
  return add([
    [head.system === unix, 1],
    [shape.mostTokens === 16_383, 4],
    [shape.mostTokens === 32_767, 2],
    [shape.marker !== undefined, -2],
  ]);
}

function gnuGzipWeight({ head, shape }: EncoderHints): number {
  return add([
    [head.system === unix, 1],
    [shape.mostTokens === 32_767, 4],
    [shape.marker !== undefined, -2],
  ]);
}

function pigzWeight({ head, shape }: EncoderHints): number {
  const { marker } = shape;
  return add([
    [head.system === unix, 1],
    [shape.mostTokens === 16_383, 1],
    [marker !== undefined && marker % pigzBlockSize === 0, 4],
  ]);
}

function klauspostWeight({ head, shape }: EncoderHints): number {
  return add([
    [head.system === unknownSystem, 1],
    [shape.mostTokens > 2 * goBlock, 3],
    [shape.marker !== undefined, -2],
  ]);
}

function add(reasons: readonly (readonly [holds: boolean, weight: number])[]): number {
  return reasons.reduce((sum, [holds, weight]) => (holds ? sum + weight : sum), 0);
}

function goEncoders({ head, shape }: EncoderHints): EncoderParameters[] {
  const usual = likelyLevels(head, [6, 1, 9, 5, 4, 7, 8, 2, 3, 0, -2]);
  const levels = shape.mostPlain === goStretch ? new Set([1, -2, 0, ...usual]) : usual;
  return [...levels].map((level) => ({ encoder: 'go', settings: { level } }));
}

function zlibEncoders({ head }: EncoderHints): EncoderParameters[] {
  return [8, 9].flatMap((memLevel) =>
    likelyLevels(head, usualLevels).map((level) => ({ encoder: 'zlib', settings: { level, memLevel } })),
  );
}

function gnuGzipEncoders({ head }: EncoderHints): EncoderParameters[] {
  return likelyLevels(head, usualLevels).map((level) => ({ encoder: 'gnu-gzip', settings: { level } }));
}

function pigzEncoders({ head }: EncoderHints): EncoderParameters[] {
  return [0, 2, 1].flatMap((pieces) =>
    likelyLevels(head, usualLevels).map((level) => ({
      encoder: 'pigz',
      settings: { level, blockSize: pigzBlockSize, pieces },
    })),
  );
}

/** What pigz cuts its input into. */
const pigzBlockSize = 128 * 1024;

const usualLevels = [6, 9, 1, 5, 4, 7, 8, 3, 2];

/** XFL says which level was asked for, roughly (RFC 1952, section 2.3.1). */
function likelyLevels({ extraFlags }: GzipHead, levels: readonly number[]): number[] {
  const first = extraFlags === 4 ? 1 : extraFlags === 2 ? 9 : 6;
  return [first, ...levels.filter((level) => level !== first)];
}

function pgzipEncoders({ head, shape }: EncoderHints): EncoderParameters[] {
  const sizes = shape.marker === undefined ? pgzipBlockSizes : blockSizes(shape);
  return sizes.flatMap((blockSize) =>
    klauspostVariants(head).map((settings) => ({ encoder: 'pgzip', settings: { ...settings, blockSize } })),
  );
}

/** Levels and releases of klauspost/compress, what is usual first: 5 is its default level. */
function klauspostVariants({
  extraFlags,
}: GzipHead): { readonly level: number; readonly generation: number }[] {
  const levels = extraFlags === 4 ? [1, 5, 6] : [5, 6, 1];
  return levels.flatMap((level) =>
    klauspostGenerations.toReversed().map((generation) => ({ level, generation })),
  );
}

const pgzipBlockSizes = [1024 * 1024, 256 * 1024];

/** The first marker ends the first block; of a short stream it ends the last one. */
function blockSizes({ marker }: StreamShape): number[] {
  return pgzipBlockSizes.filter((size) => marker !== undefined && marker <= size);
}

/** Go 1.27 has klauspost's encoder. */
function klauspostEncoders({ head }: EncoderHints): EncoderParameters[] {
  const go = (head.extraFlags === 4 ? [1, 6, 5] : [6, 1, 5]).map((level) => ({
    encoder: 'go127',
    settings: { level },
  }));
  return [...go, ...klauspostVariants(head).map((settings) => ({ encoder: 'klauspost', settings }))];
}
