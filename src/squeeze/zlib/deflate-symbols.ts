/** Literals, the end of a block, and 29 lengths. */
export const literalSymbols = 286;
export const endOfBlock = 256;
export const distanceSymbols = 30;

/** Extra bits of each length symbol from 257 on, and of each distance symbol (RFC 1951, section 3.2.5). */
export const lengthExtraBits = Uint8Array.of(
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  1,
  1,
  1,
  1,
  2,
  2,
  2,
  2,
  3,
  3,
  3,
  3,
  4,
  4,
  4,
  4,
  5,
  5,
  5,
  5,
  0,
);
export const distanceExtraBits = Uint8Array.from({ length: distanceSymbols }, (_, symbol) =>
  Math.max(0, (symbol >> 1) - 1),
);

/** The first length − 3, and the first distance − 1, of each symbol. */
export const lengthBases = basesOf(lengthExtraBits);
export const distanceBases = basesOf(distanceExtraBits);
// Symbol 285 is the length 258 alone, though 284 reaches it as well.
lengthBases[28] = 255;

/** The symbol − 257 of each length − 3. */
export const lengthSymbolOf = new Uint8Array(256);
lengthBases.forEach((base, symbol) => lengthSymbolOf.fill(symbol, base));

/** The symbol of each distance − 1 below 256, then of each of its higher values in steps of 128. */
const distanceSymbolTable = new Uint8Array(512);
distanceBases.forEach((base, symbol) => {
  distanceSymbolTable.fill(symbol, Math.min(base, 256), 256);
  distanceSymbolTable.fill(symbol, 256 + (base >> 7));
});

/** The symbol of a distance − 1. */
export function distanceSymbolOf(offset: number): number {
  return distanceSymbolTable[offset < 256 ? offset : 256 + (offset >> 7)]!;
}

function basesOf(extraBits: Uint8Array): Uint16Array {
  const bases = new Uint16Array(extraBits.length);
  for (let symbol = 1; symbol < bases.length; symbol += 1) {
    bases[symbol] = bases[symbol - 1]! + (1 << extraBits[symbol - 1]!);
  }
  return bases;
}
