import type { BitSource } from './bit-source.ts';
import { longLength284, mostTokens, tokenDistance, tokenLength } from './deflate-block.ts';
import { entryKind, literalEntry, nextEntry, specialEntry } from './prefix-table.ts';
import type { BlockCodes } from './read-block-head.ts';

/** How far matches reach back. */
export const windowSize = 32 * 1024;

/** Plain bytes and tokens on their way out, with the window before them. */
export class TokenOutput {
  readonly plain = new Uint8Array(windowSize + mostTokens + 258);
  readonly tokens = new Int32Array(mostTokens);
  /** Where the next plain byte goes. */
  position = 0;
  /** How many tokens there are. */
  count = 0;
}

/** Why reading tokens stopped. */
export type TokenStop = 'full' | 'short' | 'end' | 'literal' | 'distance' | 'far';

/** From here on plain bytes are handed out before others are read. */
export const fullAt = windowSize + mostTokens;

/** Reads tokens of a block with codes until something else is to be done. A token is read whole or not at all. */
export function readTokens(source: BitSource, codes: BlockCodes, output: TokenOutput): TokenStop {
  const { view, end } = source;
  const { plain, tokens } = output;
  const literals = codes.literals.entries;
  const distances = codes.distances.entries;
  let { bit } = source;
  let { position, count } = output;
  let stop: TokenStop = 'full';
  let next = bit;
  while (position < fullAt) {
    const word = view.getInt32(bit >> 3, true) >>> (bit & 7);
    let entry = literals[word & 1023]!;
    if ((entry & entryKind) === nextEntry) entry = literals[secondPlace(entry, word >>> 10)]!;
    next = bit + (entry & 15);
    if ((entry & entryKind) === literalEntry && next <= end) {
      bit = next;
      plain[position++] = entry >>> 10;
      tokens[count++] = entry >>> 10;
      continue;
    }
    if ((entry & entryKind) === specialEntry || next > end) {
      stop = whyNoMatch(entry, next > end);
      break;
    }
    const lengthBits = (entry >>> 4) & 15;
    const length = (entry >>> 10) + ((word >>> (entry & 15)) & ((1 << lengthBits) - 1));
    next += lengthBits;
    const following = view.getInt32(next >> 3, true) >>> (next & 7);
    let far = distances[following & 511]!;
    if ((far & entryKind) === nextEntry) far = distances[secondPlace(far, following >>> 9)]!;
    next += far & 15;
    const distanceBits = (far >>> 4) & 15;
    const low = (view.getInt32(next >> 3, true) >>> (next & 7)) & ((1 << distanceBits) - 1);
    const distance = (far >>> 10) + low;
    next += distanceBits;
    stop = whyNoDistance(far, next > end, distance > position);
    if (stop !== 'full') break;
    bit = next;
    const token = (length << 16) | distance | longForm(length, lengthBits);
    tokens[count++] = token;
    position = copyMatch(plain, position, token);
  }
  source.bit = stop === 'end' ? next : bit;
  output.position = position;
  output.count = count;
  return stop;
}

function secondPlace(entry: number, bits: number): number {
  return (entry >>> 10) + (bits & ((1 << ((entry >>> 4) & 15)) - 1));
}

function whyNoMatch(entry: number, missing: boolean): TokenStop {
  if (missing) return 'short';
  return entry >>> 10 === 0 ? 'end' : 'literal';
}

function whyNoDistance(entry: number, missing: boolean, tooFar: boolean): TokenStop {
  if (missing) return 'short';
  if ((entry & entryKind) === specialEntry) return 'distance';
  return tooFar ? 'far' : 'full';
}

function longForm(length: number, bits: number): number {
  return length === 258 && bits > 0 ? longLength284 : 0;
}

/** @returns the position after it */
function copyMatch(plain: Uint8Array, position: number, token: number): number {
  const length = tokenLength(token);
  const distance = tokenDistance(token);
  const end = position + length;
  if (length > 48 && distance >= length) {
    plain.copyWithin(position, position - distance, end - distance);
    return end;
  }
  for (let at = position; at < end; at += 1) plain[at] = plain[at - distance]!;
  return end;
}
