import { BitWriter } from '../tokens/bit-writer.ts';
import { BlockWriter } from './block-writer.ts';
import { compressionLevel } from './compression-level.ts';
import { FastMatcher } from './fast-matcher.ts';
import { LazyMatcher } from './lazy-matcher.ts';
import { MatchWindow } from './match-window.ts';
import { TokenBlock } from './token-block.ts';
import { unusableRecipe } from './unusable-recipe.ts';
import { WindowEncoder } from './window-encoder.ts';
import type { DeflateSink, EncoderOptions } from '../deflate-encoder.ts';
import type { BlockPolicy } from './token-block.ts';
import type { Matcher, MatcherParts } from './matcher.ts';

/** How zlib and GNU gzip differ. */
export interface WindowEncoderParameters {
  readonly level: number;
  readonly hashBits: number;
  readonly blocks: BlockPolicy;
  /** See {@link MatcherParts}. */
  readonly readsPastEnd: boolean;
}

/**
 * An encoder of one stream over one window.
 *
 * @throws PaletteEdgeError `RECIPE_INVALID` (kind content) for a level that is none, or a start that is none of this encoder
 */
export function createWindowEncoder(
  parameters: WindowEncoderParameters,
  sink: DeflateSink,
  options: EncoderOptions = {},
): WindowEncoder {
  const parts = createMatcherParts(parameters, new BitWriter(sink, options.from?.checkpoint.bits));
  return new WindowEncoder(parts.window, createMatcher(parts, options));
}

/** What a matcher works with, made for its parameters. @throws PaletteEdgeError `RECIPE_INVALID` for a level that is none */
export function createMatcherParts(parameters: WindowEncoderParameters, output: BitWriter): MatcherParts {
  const level = compressionLevel(parameters.level);
  return {
    level,
    window: new MatchWindow(level, parameters.hashBits),
    tokens: new TokenBlock(parameters.blocks),
    writer: new BlockWriter(output),
    readsPastEnd: parameters.readsPastEnd,
  };
}

/** The matcher of a level. @throws PaletteEdgeError `RECIPE_INVALID` for a start that is none of it */
export function createMatcher(parts: MatcherParts, options: EncoderOptions = {}): Matcher {
  if (parts.level.lazy) return new LazyMatcher(parts, options);
  if (options.from !== undefined) throw unusableRecipe('levels 1 to 3 begin at the beginning only');
  return new FastMatcher(parts);
}
