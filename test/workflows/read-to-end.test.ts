import { expect, test } from 'vitest';

import { readToEnd } from '../../src/workflows/read-to-end.ts';

async function* content(failure?: Error): AsyncGenerator<Uint8Array, void, undefined> {
  yield await Promise.resolve(Uint8Array.of(1));
  if (failure !== undefined) throw failure;
  yield Uint8Array.of(2);
}

test('what nobody has read is read', async () => {
  let ended = false;
  async function* watched(): AsyncGenerator<Uint8Array, void, undefined> {
    yield* content();
    ended = true;
  }
  expect(await readToEnd(watched(), async () => await Promise.resolve('nothing'))).toBe('nothing');
  expect(ended).toBe(true);
});

test('a failure to read is told, also when whoever has read has hidden it', async () => {
  const error = new Error('other bytes than those of its digest');
  const hiding = async (pieces: AsyncIterable<Uint8Array>): Promise<void> => {
    try {
      for await (const piece of pieces) expect(piece).toEqual(Uint8Array.of(1));
    } catch {
      // As a decompressor that nobody listens to any more.
    }
  };
  await expect(readToEnd(content(error), hiding)).rejects.toBe(error);
});
