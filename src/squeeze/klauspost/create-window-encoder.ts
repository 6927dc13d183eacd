import type { DeflateSink } from '../deflate-encoder.ts';
import { traitsOf, type GenerationTraits, type KlauspostGeneration } from './klauspost-generation.ts';
import { Level1Matcher } from './level-1-matcher.ts';
import { TwoTableMatcher } from './two-table-matcher.ts';
import { WindowEncoder } from './window-encoder.ts';
import type { WindowMatcher } from './window-matcher.ts';

/** Levels that can be written. */
export const klauspostLevels = [1, 5, 6] as const;

/** How klauspost/compress/flate writes. */
export interface KlauspostParameters {
  /** One of {@link klauspostLevels}. */
  readonly level: number;
  readonly generation: KlauspostGeneration;
}

/**
 * Makes what writes windows at a level.
 *
 * @throws RangeError when the level is none of {@link klauspostLevels}
 */
export function createWindowEncoder(
  { level, generation }: KlauspostParameters,
  sink: DeflateSink,
): WindowEncoder {
  const traits = traitsOf(generation);
  return new WindowEncoder(createMatcher(level, traits), traits, sink);
}

function createMatcher(level: number, { skippedBeginning, hashedBytes }: GenerationTraits): WindowMatcher {
  if (level === 1) return new Level1Matcher(hashedBytes);
  if (level === 5 || level === 6) return new TwoTableMatcher({ level, skippedBeginning });
  throw new RangeError(`no level of klauspost/compress that can be written: ${level}`);
}
