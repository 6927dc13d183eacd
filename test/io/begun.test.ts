import { expect, test } from 'vitest';

import { begun } from '../../src/io/begun.ts';

/** Some numbers, and whether reading them has begun and ended. */
function numbers(count: number) {
  const state = { taken: 0, isEnded: false };
  async function* content() {
    try {
      for (; state.taken < count;) yield await Promise.resolve((state.taken += 1));
    } finally {
      state.isEnded = true;
    }
  }
  return { state, content: content() };
}

async function all<T>(content: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const each of content) found.push(each);
  return found;
}

test.each([0, 1, 5])('all of %i pieces come, of which the first is read before', async (count) => {
  const { state, content } = numbers(count);
  const reading = await begun(content);
  expect(state.taken).toBe(Math.min(1, count));
  expect(await all(reading)).toEqual([1, 2, 3, 4, 5].slice(0, count));
  expect(await all(reading)).toEqual([]);
});

test('who leaves ends the reading, whether something was taken or not', async () => {
  for (const taken of [0, 1, 2]) {
    const { state, content } = numbers(5);
    const reading = await begun(content);
    for (let count = 0; count < taken; count += 1) await reading.next();
    await reading.return?.();
    expect(state).toEqual({ taken: Math.max(1, taken), isEnded: true });
    expect(await reading.next()).toMatchObject({ done: true });
  }
});

test('what cannot be read is told at once', async () => {
  async function* broken(): AsyncGenerator<never, void, undefined> {
    yield await Promise.reject(new Error('broken'));
  }
  await expect(begun(broken())).rejects.toThrow('broken');
});
