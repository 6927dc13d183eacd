/**
 * Waits for the first piece of some content: what cannot be read at all is told before anything is done with it.
 *
 * Whoever does not take it calls `return`, also when nothing was taken yet.
 *
 * @throws what reading throws
 */
export async function begun<T>(content: AsyncIterable<T>): Promise<AsyncIterableIterator<T, void>> {
  const iterator = content[Symbol.asyncIterator]();
  // Let go when it is taken: it would keep its piece until the end.
  let first: IteratorResult<T, void> | undefined = await iterator.next();
  const rest: AsyncIterableIterator<T, void> = {
    next: async () => {
      const result = first ?? (await iterator.next());
      first = undefined;
      return result;
    },
    return: async () => {
      first = undefined;
      await iterator.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => rest,
  };
  return rest;
}
