/** The symbol that ends a block (RFC 1951, section 3.2.5). */
export const endOfBlock = 256;
/** Symbols of literals and lengths: 286 and 287 are never written. */
export const literalSymbols = 286;
/** Symbols of distances. */
export const distanceSymbols = 30;

const shortestMatch = 3;
const longestMatch = 258;

/** The symbol of each length, from 3 to 258. */
export const symbolOfLength = new Uint16Array(longestMatch + 1);
/** By symbol of a length: bits that follow it, and the smallest length. */
export const lengthExtraBits = new Uint8Array(literalSymbols);
export const lengthBase = new Uint16Array(literalSymbols);
/** By symbol of a distance: bits that follow it, and the smallest distance. */
export const distanceExtraBits = new Uint8Array(distanceSymbols);
export const distanceBase = new Uint16Array(distanceSymbols);

/** The symbols of distances 1 to 256, then of every 128th distance from 1 on. */
const symbolsOfDistances = new Uint8Array(512);

fillLengths();
fillDistances();

/** The symbol of a distance, from 1 to 32,768. */
export function symbolOfDistance(distance: number): number {
  const index = distance - 1;
  return symbolsOfDistances[index < 256 ? index : 256 + (index >>> 7)]!;
}

function fillLengths(): void {
  let length = shortestMatch;
  for (let symbol = endOfBlock + 1; symbol < literalSymbols - 1; symbol++) {
    const extra = Math.max(0, ((symbol - endOfBlock - 1) >>> 2) - 1);
    lengthExtraBits[symbol] = extra;
    lengthBase[symbol] = length;
    symbolOfLength.fill(symbol, length, length + (1 << extra));
    length += 1 << extra;
  }
  // The longest match has a symbol of its own, without extra bits.
  symbolOfLength[longestMatch] = literalSymbols - 1;
  lengthBase[literalSymbols - 1] = longestMatch;
}

function fillDistances(): void {
  let distance = 1;
  for (let symbol = 0; symbol < distanceSymbols; symbol++) {
    const extra = Math.max(0, (symbol >>> 1) - 1);
    distanceExtraBits[symbol] = extra;
    distanceBase[symbol] = distance;
    const first = distance - 1;
    const end = first + (1 << extra);
    if (first < 256) symbolsOfDistances.fill(symbol, first, end);
    else symbolsOfDistances.fill(symbol, 256 + (first >>> 7), 256 + (end >>> 7));
    distance += 1 << extra;
  }
}
