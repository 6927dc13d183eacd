import type { DeflateSink } from '../deflate-encoder.ts';
import { traitsOf, type KlauspostGeneration } from './klauspost-generation.ts';
import { Level5Matcher } from './level-5-matcher.ts';
import { WindowEncoder } from './window-encoder.ts';

/** How klauspost/compress/flate writes. */
export interface KlauspostParameters {
  /** 1 to 6. */
  readonly level: number;
  readonly generation: KlauspostGeneration;
}

/**
 * Makes what writes windows at a level.
 *
 * @throws RangeError when the level is not among those that can be written
 */
export function createWindowEncoder(
  { level, generation }: KlauspostParameters,
  sink: DeflateSink,
): WindowEncoder {
  const traits = traitsOf(generation);
  if (level !== 5) throw new RangeError(`no level of klauspost/compress that can be written: ${level}`);
  return new WindowEncoder(new Level5Matcher(traits.skippedBeginning), traits, sink);
}
