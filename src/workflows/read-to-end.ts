/**
 * Lets somebody read content, and reads what they leave: content that is verified at its end was verified, whatever they made of it. A
 * failure to read is thrown even when they have hidden it: a decompressor that was given up may have asked for the piece that failed.
 *
 * @throws what `use` throws, and what reading throws
 */
export async function readToEnd<T>(
  content: AsyncIterable<Uint8Array>,
  use: (content: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  const pieces = content[Symbol.asyncIterator]();
  let failure: { readonly error: unknown } | undefined;
  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    try {
      return await pieces.next();
    } catch (error) {
      failure ??= { error };
      throw error;
    }
  };
  try {
    // Without a way to end it early.
    const result = await use({ [Symbol.asyncIterator]: () => ({ next }) });
    while ((await next()).done !== true);
    if (failure !== undefined) throw failure.error;
    return result;
  } finally {
    await pieces.return?.();
  }
}
