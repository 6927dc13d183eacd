import { createCorrectionsAnalyzer } from '../../../src/squeeze/corrections/corrections-analyzer.ts';
import { createCorrectionsEncoder } from '../../../src/squeeze/corrections/corrections-encoder.ts';
import { createInflateParser } from '../../../src/squeeze/tokens/inflate-parser.ts';

/** What an analyzer made of a raw DEFLATE stream. */
export interface DescribedStream {
  readonly plain: Buffer;
  readonly corrections: Uint8Array;
}

/** Describes a stream; throws when it is not valid, or does not fit into twice its size. */
export function describeStream(stream: Uint8Array, piece = 65_536): DescribedStream {
  const analyzer = createCorrectionsAnalyzer({ maximumSize: 2 * stream.length + 1024 });
  const plain: Buffer[] = [];
  const parser = createInflateParser((bytes) => {
    plain.push(Buffer.from(bytes));
    analyzer.plain(bytes);
  }, analyzer);
  for (let start = 0; start < stream.length; start += piece)
    parser.push(stream.subarray(start, start + piece));
  if (parser.state !== 'ended') throw new Error(`the stream is ${parser.state}: ${parser.reason}`);
  const corrections = analyzer.finish(parser.padding);
  if (corrections === undefined) throw new Error('corrections are too large');
  return { plain: Buffer.concat(plain), corrections };
}

/** The stream again, from its plain bytes in pieces of some size. */
export function rebuildStream(
  { plain, corrections }: DescribedStream,
  maximumSize: number,
  piece = 65_536,
): Buffer {
  const written: Buffer[] = [];
  const encoder = createCorrectionsEncoder({ corrections, maximumSize }, (bytes) => {
    written.push(Buffer.from(bytes));
  });
  for (let start = 0; start < plain.length; start += piece)
    encoder.write(plain.subarray(start, start + piece));
  encoder.finish();
  return Buffer.concat(written);
}

/** The DEFLATE stream of a gzip file of one member, whose header may have a name. */
export function deflateOf(gzip: Uint8Array): Buffer {
  const named = ((gzip.at(3) ?? 0) & 8) !== 0;
  const start = named ? gzip.indexOf(0, 10) + 1 : 10;
  return Buffer.from(gzip.subarray(start, gzip.length - 8));
}
