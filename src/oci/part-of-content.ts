import type { BlobRange } from './blob-access.ts';

/** The bytes of a range of content that is read from its beginning; ends with the range. */
export async function* partOfContent(
  content: AsyncIterable<Uint8Array>,
  { start, end = Number.POSITIVE_INFINITY }: BlobRange,
): AsyncGenerator<Uint8Array, void, undefined> {
  let position = 0;
  for await (const piece of content) {
    const part = piece.subarray(Math.max(0, start - position), Math.max(0, end - position));
    position += piece.length;
    if (part.length > 0) yield part;
    if (position >= end) return;
  }
}
