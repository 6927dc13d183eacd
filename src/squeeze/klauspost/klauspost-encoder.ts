import type { DeflateEncoder, DeflateSink } from '../deflate-encoder.ts';
import { createWindowEncoder, type KlauspostParameters } from './create-window-encoder.ts';

/** Writes as klauspost/compress/flate does, in one go. It cannot begin in the middle: what it has seen is in its tables. */
export function createKlauspostEncoder(parameters: KlauspostParameters, sink: DeflateSink): DeflateEncoder {
  const encoder = createWindowEncoder(parameters, sink);
  return {
    write: (plain) => encoder.write(plain),
    finish: () => encoder.close(),
  };
}
