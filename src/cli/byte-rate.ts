import { PaletteEdgeError } from '../errors.ts';

const prefixes: Readonly<Record<string, number>> = {
  '': 1,
  k: 1000,
  m: 1000 ** 2,
  g: 1000 ** 3,
  ki: 1024,
  mi: 1024 ** 2,
  gi: 1024 ** 3,
};

/** Slower than this no registry waits for us. */
const smallestRate = 1000;

/**
 * Reads a rate as `--max-rate` takes it: `20MB/s`, `1.5MiB/s`, `100Mbit/s`.
 *
 * @returns bytes in a second
 * @throws PaletteEdgeError `RATE_INVALID` (kind usage)
 */
export function parseByteRate(flag: string, text: string): number {
  const match = /^(\d{1,12}(?:\.\d{1,12})?) ?([kmg]i?|)(b|bits?)\/s$/i.exec(text.trim());
  if (match === null) throw invalid(`${flag} ${JSON.stringify(text)} is no rate`);
  const [, count = '', prefix = '', unit = ''] = match;
  // A small b is a byte to some and a bit to others.
  if (unit === 'b') throw invalid(`${flag} ${text} may be bytes or bits`);
  const bytes = Number(count) * (prefixes[prefix.toLowerCase()] ?? 1);
  const rate = Math.round(unit === 'B' ? bytes : bytes / 8);
  if (rate < smallestRate) throw invalid(`${flag} ${text} is too slow: at least ${smallestRate / 1000}kB/s`);
  return rate;
}

function invalid(message: string): PaletteEdgeError {
  return new PaletteEdgeError('RATE_INVALID', message, {
    kind: 'usage',
    suggestions: ['Expected a rate like 20MB/s (bytes), 1.5MiB/s or 100Mbit/s (bits).'],
  });
}
