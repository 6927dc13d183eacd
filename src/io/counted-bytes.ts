/**
 * Passes content through, and tells of every piece when it was dealt with.
 *
 * @param onBytes must not throw
 */
export async function* countedBytes(
  content: AsyncIterable<Uint8Array>,
  onBytes: (count: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const bytes of content) {
    yield bytes;
    onBytes(bytes.length);
  }
}
