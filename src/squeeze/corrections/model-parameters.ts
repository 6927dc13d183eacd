import { invalidCorrections } from './invalid-corrections.ts';

/** How a model guesses tokens: the way of zlib's matcher, with its parameters. All integers; kept in the corrections. */
export interface ModelParameters {
  /** Index in the table of hashes. */
  readonly hash: number;
  /** Positions of a chain that are tried. */
  readonly chain: number;
  /** From a match of this length on, a better one is sought a quarter as long. */
  readonly good: number;
  /** The search ends with a match of this length. */
  readonly nice: number;
  /** A match shorter than this is given up for a longer one at the next position. 0: never. */
  readonly lazy: number;
  /** Shortest match. */
  readonly shortest: number;
  /** The shortest match is taken up to this distance. */
  readonly shortestReach: number;
  /** Longest distance. */
  readonly reach: number;
  /** Positions inside a longer match are not remembered. */
  readonly remembered: number;
}

/** How many bytes {@link encodeParameters} gives. */
export const parametersSize = 18;

const fields = [
  'hash',
  'chain',
  'good',
  'nice',
  'lazy',
  'shortest',
  'shortestReach',
  'reach',
  'remembered',
] as const satisfies readonly (keyof ModelParameters)[];

/** Smallest and largest value of each: whatever they are, a model works, and ends in time. */
const bounds: Readonly<Record<keyof ModelParameters, readonly [number, number]>> = {
  hash: [0, 7],
  chain: [1, 4096],
  good: [0, 259],
  nice: [3, 259],
  lazy: [0, 259],
  shortest: [3, 16],
  shortestReach: [0, 32_768],
  reach: [1, 32_768],
  remembered: [0, 258],
};

/** Two bytes each, low byte first. */
export function encodeParameters(parameters: ModelParameters): Uint8Array {
  return Uint8Array.from(fields.flatMap((field) => [parameters[field] & 0xff, parameters[field] >>> 8]));
}

/** @throws PaletteEdgeError CORRECTIONS_INVALID */
export function parseParameters(bytes: Uint8Array): ModelParameters {
  const read = (field: keyof ModelParameters): number => {
    const index = fields.indexOf(field) * 2;
    const value = (bytes[index] ?? 0) | ((bytes[index + 1] ?? 0) << 8);
    const [least, most] = bounds[field];
    if (value < least || value > most) throw invalidCorrections(`a model whose ${field} is ${value}`);
    return value;
  };
  return {
    hash: read('hash'),
    chain: read('chain'),
    good: read('good'),
    nice: read('nice'),
    lazy: read('lazy'),
    shortest: read('shortest'),
    shortestReach: read('shortestReach'),
    reach: read('reach'),
    remembered: read('remembered'),
  };
}
