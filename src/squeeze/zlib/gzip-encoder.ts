import { BitOutput } from './bit-output.ts';
import { BlockWriter } from './block-writer.ts';
import { compressionLevel } from './compression-level.ts';
import { FastMatcher } from './fast-matcher.ts';
import { LazyMatcher } from './lazy-matcher.ts';
import { MatchWindow } from './match-window.ts';
import { TokenBlock } from './token-block.ts';
import { WindowEncoder } from './window-encoder.ts';
import type { DeflateEncoder, DeflateSink } from '../deflate-encoder.ts';

/** Settings of GNU gzip. */
export interface GnuGzipParameters {
  /** 1–9. */
  readonly level: number;
}

/** An encoder that writes what GNU gzip 1.x writes between the head and the checksum of its files. */
export function createGnuGzipEncoder(parameters: GnuGzipParameters, sink: DeflateSink): DeflateEncoder {
  const { level } = parameters;
  const settings = compressionLevel(level);
  const window = new MatchWindow(settings);
  const tokens = new TokenBlock({ mostTokens: 32_767, guesses: level > 2 });
  const writer = new BlockWriter(new BitOutput(sink));
  const parts = { level: settings, window, tokens, writer, readsPastEnd: true };
  const matcher = settings.lazy ? new LazyMatcher(parts) : new FastMatcher(parts);
  return new WindowEncoder(window, matcher);
}
