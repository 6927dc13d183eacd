import type { CodedLengths } from '../tokens/deflate-block.ts';
import type { BinaryCoder } from './binary-coder.ts';
import { goCodeLengths, zlibCodeLengths, type CodeLengthsBuilder } from './code-length-builders.ts';
import { invalidCorrections } from './invalid-corrections.ts';
import { codeTree } from './number-coding.ts';
import { nextRunSymbol, runOf } from './run-lengths.ts';

/** How often the symbols of a block occur. The end of the block counts once. */
export interface SymbolCounts {
  readonly literals: Int32Array;
  readonly distances: Int32Array;
}

/** Contexts from `first` on that {@link codeTrees} takes. */
export const treeContexts = 2048;

/** The order in which the lengths of the code for code lengths are written. */
export const codeLengthOrder: readonly number[] = [
  16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
];

const contexts = {
  builder: 0,
  exact: 1,
  crossing: 2,
  differs: 3,
  sizes: 16,
  lengths: 128,
  symbolWrong: 700,
  symbols: 720,
  extra: 800,
  codeLengthCount: 1100,
  codeLengths: 1200,
} as const;

/** As many symbols as there are in the alphabets of zlib and Go: the two last distances and literals never occur. */
const literalSymbols = 286;
const distanceSymbols = 30;

/**
 * Codes the head of a block with dynamic codes: guessed from what is in the block as zlib and Go would write it.
 *
 * @param first the first context
 * @param codes what was written; a reader gives nothing
 * @throws PaletteEdgeError CORRECTIONS_INVALID
 */
export function codeTrees(
  { coder, first }: { readonly coder: BinaryCoder; readonly first: number },
  counts: SymbolCounts,
  codes?: CodedLengths,
): CodedLengths {
  const at = (context: number): number => first + context;
  const isGo = codes !== undefined && isNearerToGo(counts, codes);
  const builder = coder.code(at(contexts.builder), isGo ? 1 : 0) === 1 ? goCodeLengths : zlibCodeLengths;
  const guess = guessLengths(counts, builder);
  const exact = codes !== undefined && isSame(guess, codes);
  const trees =
    coder.code(at(contexts.exact), exact ? 0 : 1) === 0 ? guess : codeLengths(coder, first, { guess, codes });
  const symbols = codeSymbols(coder, first, { trees, symbols: codes?.symbols });
  const codeLengthCounts = new Int32Array(19);
  for (const symbol of symbols) codeLengthCounts[symbol & 0xff]!++;
  const guessed = builder(codeLengthCounts, 7);
  return {
    ...trees,
    symbols,
    codeLengths: codeCodeLengths(coder, first, { guessed, actual: codes?.codeLengths }),
  };
}

/** The code lengths of a block without how they are written. */
type Trees = Pick<CodedLengths, 'literals' | 'distances' | 'lengths'>;

function guessLengths(counts: SymbolCounts, builder: CodeLengthsBuilder): Trees {
  const literalLengths = builder(counts.literals.subarray(0, literalSymbols), 15);
  const usesDistances = counts.distances.some((count) => count > 0);
  // Go writes one distance code when there is no match; zlib's builder makes up two.
  const distanceCounts = counts.distances.slice(0, distanceSymbols);
  if (!usesDistances && builder === goCodeLengths) distanceCounts[0] = 1;
  const distanceLengths = builder(distanceCounts, 15);
  const literals = Math.max(257, literalLengths.findLastIndex((length) => length > 0) + 1);
  const distances = Math.max(1, distanceLengths.findLastIndex((length) => length > 0) + 1);
  const lengths = new Uint8Array(literals + distances);
  lengths.set(literalLengths.subarray(0, literals));
  lengths.set(distanceLengths.subarray(0, distances), literals);
  return { literals, distances, lengths };
}

function isNearerToGo(counts: SymbolCounts, codes: Trees): boolean {
  const byZlib = difference(guessLengths(counts, zlibCodeLengths), codes);
  return byZlib > 0 && difference(guessLengths(counts, goCodeLengths), codes) < byZlib;
}

/** How many lengths differ. */
function difference(guess: Trees, codes: Trees): number {
  let differing = guess.literals === codes.literals && guess.distances === codes.distances ? 0 : 1;
  const count = codes.literals + codes.distances;
  for (let index = 0; index < count; index++)
    if (guessAt(guess, codes, index) !== codes.lengths[index]) differing++;
  return differing;
}

const isSame = (guess: Trees, codes: Trees): boolean => difference(guess, codes) === 0;

/** The guess for the length that is at an index of the actual lengths, where there may be more or fewer literals. */
function guessAt(guess: Trees, actual: Pick<Trees, 'literals'>, index: number): number {
  if (index < actual.literals) return index < guess.literals ? guess.lengths[index]! : 0;
  return guess.lengths[guess.literals + index - actual.literals] ?? 0;
}

function codeLengths(
  coder: BinaryCoder,
  first: number,
  { guess, codes }: { readonly guess: Trees; readonly codes: CodedLengths | undefined },
): Trees {
  const literals = codeTree(coder, [first + contexts.sizes, 5], (codes?.literals ?? 257) - 257) + 257;
  const distances = codeTree(coder, [first + contexts.sizes + 32, 5], (codes?.distances ?? 1) - 1) + 1;
  const lengths = new Uint8Array(literals + distances);
  for (let index = 0; index < lengths.length; index++) {
    const guessed = guessAt(guess, { literals }, index);
    const context = first + contexts.lengths + ((index < literals ? 0 : 16) + guessed) * 16;
    lengths[index] = codeTree(coder, [context, 4], codes?.lengths[index] ?? 0);
  }
  return { literals, distances, lengths };
}

function codeSymbols(
  coder: BinaryCoder,
  first: number,
  { trees, symbols }: { readonly trees: Trees; readonly symbols: Uint16Array | undefined },
): Uint16Array {
  const total = trees.literals + trees.distances;
  const crosses = symbols !== undefined && runsCross(trees, symbols);
  const crossing = coder.code(first + contexts.crossing, crosses ? 1 : 0) === 1;
  const differs = symbols !== undefined && !isGreedy({ trees, symbols }, crossing);
  const guessed = coder.code(first + contexts.differs, differs ? 1 : 0) === 0;
  const result = new Uint16Array(total);
  let written = 0;
  for (let index = 0; index < total;) {
    const guess = nextRunSymbol(trees.lengths, index, boundsAt(trees, index, crossing));
    const symbol = guessed
      ? guess
      : codeSymbol(coder, first, { guess, actual: symbols?.[written] ?? 0, trees, index });
    result[written++] = symbol;
    index += runOf(symbol);
    if (index > total) throw invalidCorrections('code lengths are repeated past their end');
  }
  return result.subarray(0, written);
}

interface SymbolChoice {
  readonly guess: number;
  readonly actual: number;
  readonly trees: Trees;
  readonly index: number;
}

/** Codes one symbol: as guessed, a length by itself, or a repetition. */
function codeSymbol(
  coder: BinaryCoder,
  first: number,
  { guess, actual, trees, index }: SymbolChoice,
): number {
  const kind = Math.max(15, guess & 0xff) - 15;
  if (coder.code(first + contexts.symbolWrong + kind, actual === guess ? 0 : 1) === 0) return guess;
  const actualKind = Math.max(15, actual & 0xff) - 15;
  const read = codeTree(coder, [first + contexts.symbols + kind * 4, 2], actualKind);
  if (read === 0) return trees.lengths[index]!;
  const bits = read === 1 ? 2 : read === 2 ? 3 : 7;
  const extra = codeTree(coder, [first + contexts.extra + (read - 1) * 16, bits], actual >>> 8);
  return (read + 15) | (extra << 8);
}

/** Where the lengths begin and end of which one repetition may be: all for Go, those of one code for zlib. */
function boundsAt(
  { literals, distances }: Trees,
  index: number,
  crossing: boolean,
): readonly [number, number] {
  if (crossing) return [0, literals + distances];
  return index < literals ? [0, literals] : [literals, literals + distances];
}

/** Whether one of the symbols goes from the literals to the distances, or repeats from there. */
function runsCross(trees: Trees, symbols: Uint16Array): boolean {
  return !isGreedy({ trees, symbols }, false) && isGreedy({ trees, symbols }, true);
}

/** Whether the symbols are what {@link nextRunSymbol} gives. */
function isGreedy(
  { trees, symbols }: { readonly trees: Trees; readonly symbols: Uint16Array },
  crossing: boolean,
): boolean {
  let index = 0;
  for (const symbol of symbols) {
    if (symbol !== nextRunSymbol(trees.lengths, index, boundsAt(trees, index, crossing))) return false;
    index += runOf(symbol);
  }
  return true;
}

function codeCodeLengths(
  coder: BinaryCoder,
  first: number,
  { guessed, actual }: { readonly guessed: Uint8Array; readonly actual: Uint8Array | undefined },
): Uint8Array {
  const count = Math.max(4, codeLengthOrder.findLastIndex((symbol) => guessed[symbol]! > 0) + 1);
  const written = codeTree(
    coder,
    [first + contexts.codeLengthCount + (count << 4), 4],
    actual === undefined ? 0 : (actual.length - 4) ^ (count - 4),
  );
  const result = new Uint8Array((written ^ (count - 4)) + 4);
  for (let index = 0; index < result.length; index++) {
    const guess = guessed[codeLengthOrder[index] ?? 0]!;
    const context = first + contexts.codeLengths + guess * 8;
    result[index] = codeTree(coder, [context, 3], (actual?.[index] ?? 0) ^ guess) ^ guess;
  }
  return result;
}
