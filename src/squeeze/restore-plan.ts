import { historySize } from './deflate-encoder.ts';
import type { EncoderCheckpoint } from './deflate-encoder.ts';
import type { DeflateSegment, Recipe, RecipeSegment } from './recipe.ts';

/** A stretch of a gzip file that is restored by one thread, beside others. */
export interface RestorePart {
  /** The first plain byte it needs, and the one behind the last: parts of one stream overlap. */
  readonly start: number;
  readonly end: number;
  /** What follows each other in it. */
  readonly items: readonly PartItem[];
}

export type PartItem = { readonly kind: 'literal'; readonly bytes: Uint8Array } | StreamItem;

/** A stream, or what is between two checkpoints of it. */
export interface StreamItem {
  readonly kind: 'stream';
  readonly segment: Pick<DeflateSegment, 'encoder' | 'size' | 'corrections'>;
  /** How many plain bytes before the first one it writes are its history. */
  readonly history: number;
  /** How many plain bytes it takes, without the history. */
  readonly plain: number;
  readonly from?: EncoderCheckpoint;
  /**
   * The bit of the stream where the next part begins; absent for the end of the stream. In the byte that two parts share each has its
   * own bits, and zeros.
   */
  readonly endBit?: number;
}

/**
 * Plain bytes behind a part that are looked at before the block in front of them is complete: a match, and what encoders want to see
 * before they begin one.
 */
const lookahead = 64 * 1024;

/** Smaller streams follow each other in one part: up to so many plain bytes, and so many of literals. */
const partSize = 4 * 1024 * 1024;
/** Streams and literals of a part, at most: they are sent to a thread at once. */
const mostItems = 4096;

/** Divides a gzip file into what threads can restore side by side. */
export function* planRestoring({ segments }: Recipe): Generator<RestorePart> {
  let part = new PartCollector(0);
  for (const segment of segments) {
    const divided = segment.kind === 'deflate' && segment.checkpoints.length > 0;
    if (part.items.length > 0 && (divided || part.full)) {
      yield part.collected;
      part = new PartCollector(part.end);
    }
    if (divided) {
      yield* divideStream(segment, part.end);
      part = new PartCollector(part.end + segment.plain);
    } else {
      part.add(segment);
    }
  }
  if (part.items.length > 0) yield part.collected;
}

/** Collects what follows each other in a part. */
class PartCollector {
  readonly start: number;
  end: number;
  readonly items: PartItem[] = [];
  /** Literals that are there several times are sent once. */
  readonly #copies = new Map<Uint8Array, Uint8Array>();
  #literalSize = 0;

  constructor(start: number) {
    this.start = start;
    this.end = start;
  }

  get collected(): RestorePart {
    const { start, end, items } = this;
    return { start, end, items };
  }

  get full(): boolean {
    const { length } = this.items;
    return length >= mostItems || this.#literalSize >= partSize || this.end - this.start >= partSize;
  }

  add(segment: RecipeSegment): void {
    if (segment.kind === 'literal') {
      this.#addLiteral(segment.bytes);
      return;
    }
    this.items.push(wholeStream(segment));
    this.end += segment.plain;
  }

  #addLiteral(literal: Uint8Array): void {
    // A copy: with a view all of the recipe would be sent to the thread.
    const bytes = this.#copies.get(literal) ?? new Uint8Array(literal);
    this.#copies.set(literal, bytes);
    this.#literalSize += bytes.length;
    this.items.push({ kind: 'literal', bytes });
  }
}

function wholeStream({ encoder, size, plain, corrections }: DeflateSegment): StreamItem {
  const segment = {
    encoder,
    size,
    ...(corrections !== undefined && { corrections: new Uint8Array(corrections) }),
  };
  return { kind: 'stream', segment, history: 0, plain };
}

/** @param start plain bytes before the stream */
function* divideStream(segment: DeflateSegment, start: number): Generator<RestorePart> {
  const { encoder, size, checkpoints } = segment;
  for (let index = 0; index <= checkpoints.length; index += 1) {
    const from = checkpoints[index - 1];
    const next = checkpoints[index];
    const first = from?.plain ?? 0;
    const history = Math.min(first, historySize);
    const last = next === undefined ? segment.plain : Math.min(next.plain + lookahead, segment.plain);
    const item: StreamItem = {
      kind: 'stream',
      segment: { encoder, size },
      history,
      plain: last - first,
      ...(from !== undefined && { from }),
      ...(next !== undefined && { endBit: next.bits }),
    };
    yield { start: start + first - history, end: start + last, items: [item] };
  }
}
