import { expect, test } from 'vitest';

import { verifyBundle } from '../../src/workflows/verify-bundle.ts';
import { verifyStream } from '../../src/workflows/verify-stream.ts';
import { rejection } from '../support/rejection.ts';
import { piped, richBundle, writtenBundle } from '../support/rich-bundle.ts';

const { bundle } = await richBundle();
const { signal } = new AbortController();

function counting() {
  const seen = { total: 0, done: 0 };
  const onStart = (total: number): void => void (seen.total = total);
  const onBytes = (count: number): void => void (seen.done += count);
  return { seen, listener: { onStart, onBytes } };
}

test('it tells what verifying the file tells', async () => {
  const { seen, listener } = counting();
  const streamed = await verifyStream({ path: '-', stream: piped(bundle.bytes) }, listener, signal);
  const path = await writtenBundle(bundle);
  expect(streamed).toEqual({ ...(await verifyBundle(path, counting().listener, signal)), path: '-' });
  expect(streamed.problems).toEqual([]);
  expect(seen).toEqual({ total: streamed.bytes, done: streamed.bytes });
});

test('a changed byte ends it, wherever it is', async () => {
  for (let place = 10; place < bundle.bytes.length; place += 1501) {
    const bytes = Buffer.from(bundle.bytes);
    bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place);
    const verifying = verifyStream({ path: '-', stream: piped(bytes) }, counting().listener, signal);
    expect(await rejection(verifying), `byte ${place}`).toMatchObject({ kind: 'content' });
  }
});

test('manifests that name what is not there are problems, as in a file', async () => {
  const lacking = await richBundle((content) => ({
    ...content,
    images: content.images.map((image) => {
      const isVictim = image.reference.repository === 'org/single';
      const blobs = image.graph.blobs.filter(({ role }) => role !== 'layer');
      return isVictim ? { ...image, graph: { ...image.graph, blobs } } : image;
    }),
  }));
  const stream = piped(lacking.bundle.bytes);
  const { problems } = await verifyStream({ path: '-', stream }, counting().listener, signal);
  expect(problems).toMatchObject([
    { images: ['quay.io/org/single:2'], message: 'the bundle does not hold it' },
  ]);
  const path = await writtenBundle(lacking.bundle);
  expect(problems).toEqual((await verifyBundle(path, counting().listener, signal)).problems);
});
