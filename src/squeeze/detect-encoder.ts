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

/**
 * All encoders that may have written a member, the likeliest first. Nothing is ruled out by what a writer can choose: heads are easily
 * copied, and blocks end early for many reasons. Trying a wrong one takes one block.
 */
export function candidateEncoders(hints: EncoderHints): EncoderParameters[] {
  const families = [
    { weight: goWeight(hints), encoders: goEncoders(hints) },
    { weight: pgzipWeight(hints), encoders: pgzipEncoders(hints) },
    { weight: klauspostWeight(hints), encoders: klauspostEncoders() },
  ];
  return families.toSorted((one, other) => other.weight - one.weight).flatMap(({ encoders }) => encoders);
}

/** Go's blocks have at most so many tokens. */
const goBlock = 16_384;

function goWeight({ head, shape }: EncoderHints): number {
  if (shape.mostTokens > goBlock) return -2;
  return add([
    [head.system === unknownSystem, 1],
    [head.mtime === yearOne, -1],
    [shape.mostTokens === goBlock, 4],
    [shape.endsEmpty === false, -4],
  ]);
}

function pgzipWeight({ head, shape }: EncoderHints): number {
  return add([
    [head.mtime === yearOne, 3],
    [blockSizes(shape).length > 0, 2],
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

function goEncoders({ head }: EncoderHints): EncoderParameters[] {
  return likelyLevels(head, [6, 1, 9, 5, 4, 7, 8, 2, 3, 0, -2]).map((level) => ({
    encoder: 'go',
    settings: { level },
  }));
}

/** XFL says which level was asked for, roughly (RFC 1952, section 2.3.1). */
function likelyLevels({ extraFlags }: GzipHead, levels: readonly number[]): number[] {
  const first = extraFlags === 4 ? 1 : extraFlags === 2 ? 9 : 6;
  return [first, ...levels.filter((level) => level !== first)];
}

function pgzipEncoders({ shape }: EncoderHints): EncoderParameters[] {
  const sizes = shape.marker === undefined ? pgzipBlockSizes : blockSizes(shape);
  return sizes.flatMap((blockSize) =>
    klauspostGenerations
      .toReversed()
      .map((generation) => ({ encoder: 'pgzip', settings: { level: 5, blockSize, generation } })),
  );
}

const pgzipBlockSizes = [1024 * 1024, 256 * 1024];

/** The first marker ends the first block; of a short stream it ends the last one. */
function blockSizes({ marker }: StreamShape): number[] {
  return pgzipBlockSizes.filter((size) => marker !== undefined && marker <= size);
}

function klauspostEncoders(): EncoderParameters[] {
  return klauspostGenerations
    .toReversed()
    .map((generation) => ({ encoder: 'klauspost', settings: { level: 5, generation } }));
}
