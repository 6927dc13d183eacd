import { expect, test } from 'vitest';

import { StreamBytes } from '../../src/io/stream-bytes.ts';

function streamOf(...pieces: readonly string[]): StreamBytes {
  return new StreamBytes(
    (async function* () {
      for (const piece of pieces) yield await Promise.resolve(Buffer.from(piece));
    })(),
  );
}

test('bytes are taken in any lengths, whatever the pieces are', async () => {
  const bytes = streamOf('ab', '', 'cdef', 'g');
  expect((await bytes.take(1)).toString()).toBe('a');
  expect((await bytes.take(4)).toString()).toBe('bcde');
  expect((await bytes.take(0)).toString()).toBe('');
  expect(await bytes.isAtEnd()).toBe(false);
  expect((await bytes.take(2)).toString()).toBe('fg');
  expect(await bytes.isAtEnd()).toBe(true);
});

test('fewer come only at the end', async () => {
  const bytes = streamOf('ab', 'c');
  expect((await bytes.take(10)).toString()).toBe('abc');
  expect((await bytes.take(10)).length).toBe(0);
});

test('who stops in the middle of pieces goes on behind the last one', async () => {
  const bytes = streamOf('ab', 'cd', 'ef');
  for await (const piece of bytes.pieces(5)) {
    expect(Buffer.from(piece).toString()).toBe('ab');
    break;
  }
  expect((await bytes.take(3)).toString()).toBe('cde');
});

test('a stream is told that nobody reads on', async () => {
  let isClosed = false;
  async function* open(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield await Promise.resolve(Buffer.from('ab'));
      yield Buffer.from('cd');
    } finally {
      isClosed = true;
    }
  }
  const bytes = new StreamBytes(open());
  await bytes.take(1);
  expect(isClosed).toBe(false);
  await bytes.close();
  expect(isClosed).toBe(true);
});
