/**
 * Lets somebody read content, and reads what they leave: content that is verified at its end was verified, whatever they made of it.
 *
 * @throws what `use` throws, and what reading throws
 */
export async function readToEnd<T>(
  content: AsyncIterable<Uint8Array>,
  use: (content: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  const pieces = content[Symbol.asyncIterator]();
  try {
    // Without a way to end it early.
    const result = await use({
      [Symbol.asyncIterator]: () => ({ next: async () => await pieces.next() }),
    });
    while ((await pieces.next()).done !== true);
    return result;
  } finally {
    await pieces.return?.();
  }
}
