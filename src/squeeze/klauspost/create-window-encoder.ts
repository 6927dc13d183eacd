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

export function createWindowEncoder(
  { level, generation }: KlauspostParameters,
  sink: DeflateSink,
): WindowEncoder {
  const traits = traitsOf(generation);
  void level;
  return new WindowEncoder(new Level5Matcher(traits.skippedBeginning), traits, sink);
}
