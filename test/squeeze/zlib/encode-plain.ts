import { historySize } from '../../../src/squeeze/deflate-encoder.ts';
import type {
  DeflateEncoder,
  DeflateSink,
  EncoderCheckpoint,
  EncoderOptions,
} from '../../../src/squeeze/deflate-encoder.ts';

/** Makes an encoder for a sink. */
export type CreateEncoder = (sink: DeflateSink, options: EncoderOptions) => DeflateEncoder;

/** What an encoder wrote, and where it can begin again. */
export interface EncodedPlain {
  readonly stream: Buffer;
  readonly checkpoints: readonly EncoderCheckpoint[];
}

/** What an encoder writes for plain bytes, given in pieces of one buffer, as those of a file may be. */
export function encodePlain(plain: Uint8Array, create: CreateEncoder, piece = 40_000): EncodedPlain {
  return encodeFrom(plain, create, { piece });
}

/** The checkpoints from which other bits or other checkpoints follow than from the beginning. */
export function differingCheckpoints(plain: Uint8Array, create: CreateEncoder): readonly EncoderCheckpoint[] {
  const { stream, checkpoints } = encodePlain(plain, create);
  return checkpoints.filter((checkpoint, index) => {
    const rest = encodeFrom(plain, create, { checkpoint, piece: 30_001 });
    const expected = Buffer.from(stream.subarray(Math.floor(checkpoint.bits / 8)));
    if (expected.length > 0) expected.writeUInt8(expected.readUInt8(0) & (0xff << (checkpoint.bits % 8)), 0);
    const later = checkpoints.slice(index + 1);
    return !rest.stream.equals(expected) || JSON.stringify(rest.checkpoints) !== JSON.stringify(later);
  });
}

/** The names of the plain bytes for which an encoder writes another stream than the expected one. */
export function differingStreams(
  plains: ReadonlyMap<string, Uint8Array>,
  expected: readonly Uint8Array[],
  create: CreateEncoder,
): readonly string[] {
  if (expected.length !== plains.size) return [`${expected.length} streams for ${plains.size} inputs`];
  return [...plains.keys()].filter((name, index) => {
    const { stream } = encodePlain(plains.get(name) ?? new Uint8Array(0), create);
    return Buffer.compare(stream, expected[index] ?? new Uint8Array(0)) !== 0;
  });
}

function encodeFrom(
  plain: Uint8Array,
  create: CreateEncoder,
  { checkpoint, piece }: { readonly checkpoint?: EncoderCheckpoint; readonly piece: number },
): EncodedPlain {
  const written: Buffer[] = [];
  const checkpoints: EncoderCheckpoint[] = [];
  const start = checkpoint?.plain ?? 0;
  const history = plain.subarray(Math.max(0, start - historySize), start);
  const encoder = create((bytes) => written.push(Buffer.from(bytes)), {
    ...(checkpoint === undefined ? {} : { from: { checkpoint, history } }),
    onBlock: (found) => checkpoints.push(found),
  });
  const buffer = new Uint8Array(piece);
  for (let at = start; at < plain.length; at += piece) {
    const part = plain.subarray(at, at + piece);
    buffer.set(part);
    encoder.write(buffer.subarray(0, part.length));
    buffer.fill(0);
  }
  encoder.finish();
  return { stream: Buffer.concat(written), checkpoints };
}
