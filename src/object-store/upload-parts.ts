/** S3 takes no more parts of one object (AmazonS3, multipart upload limits). */
export const mostParts = 10_000;
const mebibyte = 1024 * 1024;

/**
 * Cuts content into parts of the same size, but for the last. They are larger than asked for where there would be too many.
 *
 * @param partSize in bytes; one part is in memory
 */
export async function* partsOf(
  content: AsyncIterable<Uint8Array>,
  { size }: { readonly size: number },
  partSize: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const least = Math.ceil(size / mostParts / mebibyte) * mebibyte;
  const length = size / partSize > mostParts ? least : partSize;
  let part = Buffer.alloc(Math.min(length, size));
  let filled = 0;
  for await (const bytes of content) {
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, at + part.length - filled);
      part.set(piece, filled);
      filled += piece.length;
      at += piece.length;
      if (filled < part.length) continue;
      yield part;
      part = Buffer.alloc(length);
      filled = 0;
    }
  }
  if (filled > 0) yield part.subarray(0, filled);
}
