import { historySize } from '../../src/squeeze/deflate-encoder.ts';
import type {
  DeflateEncoder,
  DeflateSink,
  EncoderCheckpoint,
  EncoderOptions,
} from '../../src/squeeze/deflate-encoder.ts';
import { differenceOf } from './squeeze-inputs.ts';

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

/** What an encoder writes that begins at a checkpoint, or at the beginning. */
export function encodeRest(
  plain: Uint8Array,
  create: CreateEncoder,
  checkpoint: EncoderCheckpoint | undefined,
): EncodedPlain {
  return encodeFrom(plain, create, { ...(checkpoint && { checkpoint }), piece: 30_001 });
}

/** The checkpoints from which other bits or other checkpoints follow than from the beginning. */
export function differingCheckpoints(plain: Uint8Array, create: CreateEncoder): readonly EncoderCheckpoint[] {
  const { stream, checkpoints } = encodePlain(plain, create);
  return checkpoints.filter((checkpoint, index) => {
    const rest = encodeRest(plain, create, checkpoint);
    const expected = Buffer.from(stream.subarray(Math.floor(checkpoint.bits / 8)));
    if (expected.length > 0) expected.writeUInt8(expected.readUInt8(0) & (0xff << (checkpoint.bits % 8)), 0);
    const later = checkpoints.slice(index + 1);
    return !rest.stream.equals(expected) || JSON.stringify(rest.checkpoints) !== JSON.stringify(later);
  });
}

/** The names of the plain bytes for which an encoder writes another stream than the expected one, and where the two differ. */
export function differingStreams(
  plains: ReadonlyMap<string, Uint8Array>,
  expected: readonly Buffer[],
  create: CreateEncoder,
): readonly string[] {
  if (expected.length !== plains.size) return [`${expected.length} streams for ${plains.size} inputs`];
  return [...plains].flatMap(([name, plain], index) => {
    const difference = differenceOf(encodePlain(plain, create).stream, expected[index] ?? Buffer.alloc(0));
    return difference === undefined ? [] : [`${name}: ${difference}`];
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
