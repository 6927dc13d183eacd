import { BitOutput } from './bit-output.ts';
import { BlockWriter } from './block-writer.ts';
import { compressionLevel } from './compression-level.ts';
import { FastMatcher } from './fast-matcher.ts';
import { LazyMatcher } from './lazy-matcher.ts';
import { MatchWindow } from './match-window.ts';
import { TokenBlock } from './token-block.ts';
import { WindowEncoder } from './window-encoder.ts';
import type { DeflateEncoder, DeflateSink } from '../deflate-encoder.ts';

/** Settings of zlib. */
export interface ZlibParameters {
  /** 1–9. */
  readonly level: number;
  /** 1–9; 8 by default, as with zlib itself. */
  readonly memLevel?: number;
}

/** An encoder that writes what zlib's own `deflate` writes (raw, 32 KiB window, default strategy) when it is given large pieces. */
export function createZlibEncoder(parameters: ZlibParameters, sink: DeflateSink): DeflateEncoder {
  const { level, memLevel = 8 } = parameters;
  const settings = compressionLevel(level);
  const window = new MatchWindow(settings, memLevel + 7);
  const tokens = new TokenBlock({ mostTokens: (1 << (memLevel + 6)) - 1, guesses: false });
  const writer = new BlockWriter(new BitOutput(sink));
  const parts = { level: settings, window, tokens, writer, readsPastEnd: false };
  const matcher = settings.lazy ? new LazyMatcher(parts) : new FastMatcher(parts);
  return new WindowEncoder(window, matcher);
}
