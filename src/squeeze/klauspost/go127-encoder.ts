import type { DeflateEncoder, DeflateSink } from '../deflate-encoder.ts';
import { createKlauspostEncoder } from './klauspost-encoder.ts';

/** Go's default level, −1, is 6. */
const defaultLevel = 6;
/** Go 1.27 took over klauspost/compress/flate of these releases. */
const generation = 11802;

/**
 * Writes as Go's compress/flate does from 1.27 on (docs/gzip-encoders/go-1.27.md).
 *
 * @throws RangeError when the level is neither −1 nor one of those that klauspost's encoder has
 */
export function createGo127Encoder(level: number, sink: DeflateSink): DeflateEncoder {
  return createKlauspostEncoder({ level: level === -1 ? defaultLevel : level, generation }, sink);
}
