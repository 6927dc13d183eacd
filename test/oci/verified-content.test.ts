import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { verifiedContent } from '../../src/oci/verified-content.ts';
import { rejection } from '../support/rejection.ts';

async function* pieces(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}

async function collected(content: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const piece of content) all.push(piece);
  return all;
}

const blob = { digest: digestOf('hello'), size: 5 };

test('right content passes, piece by piece', async () => {
  const passed = await collected(verifiedContent(blob, pieces('he', '', 'llo'), 'reading'));
  expect(Buffer.concat(passed).toString()).toBe('hello');
});

test.each([
  ['too short', ['hell'], 'SIZE_MISMATCH', 'received 4'],
  ['too long', ['hello', '!'], 'SIZE_MISMATCH', 'more than 5'],
  ['other bytes', ['hallo'], 'DIGEST_MISMATCH', 'expected sha256:'],
])('%s: it throws instead of ending', async (...row) => {
  const [, texts, code, message] = row;
  const error = await rejection(collected(verifiedContent(blob, pieces(...texts), 'reading from x')));
  expect(error).toMatchObject({ code, kind: 'content' });
  expect(error.message).toMatch(/^reading from x: /);
  expect(error.message).toContain(message);
});
