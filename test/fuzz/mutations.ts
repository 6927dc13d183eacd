import { constants, zstdCompressSync } from 'node:zlib';

import type { HeadEntry } from '../../src/bundle/tar-layout.ts';
import type { SeededRandom } from '../soak/seeded-random.ts';
import { craftBundle, craftHead, frameOf, joinFrames } from './crafted-bundle.ts';
import type { CraftedFrame } from './crafted-bundle.ts';
import type { FuzzSample } from './fuzz-samples.ts';
import { mutateJson } from './mutate-json.ts';
import type { JsonValue } from './mutate-json.ts';
import { replaceBlob } from './replace-blob.ts';

/** Changes a bundle. */
export type Mutation = (sample: FuzzSample, random: SeededRandom) => Buffer;

/** By name: from bytes that know nothing of the format to liars that write every frame as it must be. */
export const mutations: Readonly<Record<string, Mutation>> = {
  'bytes changed': ({ bundle }, random) => changed(bundle.bytes, random),
  'bytes cut out': ({ bundle: { bytes } }, random) => {
    const start = random.integer(0, bytes.length);
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + random.integer(1, 5000))]);
  },
  'bytes put in': ({ bundle: { bytes } }, random) => {
    const [at, from] = [random.integer(0, bytes.length), random.integer(0, bytes.length)];
    const piece = bytes.subarray(from, from + random.integer(1, 5000));
    return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
  },
  'end changed': ({ bundle: { bytes } }, random) => {
    const start = Math.max(0, bytes.length - random.pick([9, 20, 400]));
    return Buffer.concat([bytes.subarray(0, start), changed(bytes.subarray(start), random)]);
  },
  'seek table lies': ({ contents }, random) => {
    const frames = contents.map(frameOf);
    const index = random.integer(0, frames.length - 1);
    return joinFrames(frames.map((frame, place) => (place === index ? lyingFrame(frame, random) : frame)));
  },
  'frames moved': ({ contents }, random) => {
    const frames = contents.map(frameOf);
    const [from, to] = [random.integer(0, frames.length - 1), random.integer(0, frames.length - 1)];
    return joinFrames(frames.toSpliced(to, random.integer(0, 1), ...frames.slice(from, from + 1)));
  },
  'frames made otherwise': ({ contents }, random) => {
    const index = random.integer(0, contents.length - 1);
    return joinFrames(
      contents.map((content, place) => (place === index ? otherFrame(content, random) : frameOf(content))),
    );
  },
  'bytes of frames changed': ({ contents }, random) => {
    const index = random.integer(0, contents.length - 1);
    return joinFrames(
      contents.map(frameOf).map((frame, place) => {
        return place === index ? { ...frame, bytes: changed(Buffer.from(frame.bytes), random) } : frame;
      }),
    );
  },
  'tar of the head changed': ({ contents: [head = Buffer.alloc(1), ...cuts] }, random) =>
    joinFrames([changed(head, random), ...cuts].map(frameOf)),
  'tar behind the head changed': ({ contents: [head = Buffer.alloc(1), ...cuts] }, random) =>
    craftBundle({ head, tail: changed(Buffer.concat(cuts), random) }, cuts[0]?.length),
  'inventory lies': (sample, random) => {
    const { contents } = sample;
    const [, ...cuts] = contents;
    const head = craftHead(sample.bundle, { inventory: (document) => mutateJson(document, random) });
    return joinFrames([head, ...cuts].map(frameOf));
  },
  'entries of the head moved': (sample, random) => {
    const [, ...cuts] = sample.contents;
    const entries = (all: HeadEntry[]): HeadEntry[] =>
      all.toSpliced(random.integer(0, all.length), random.integer(0, 1), random.pick(all));
    return joinFrames([craftHead(sample.bundle, { entries }), ...cuts].map(frameOf));
  },
  'manifests lie': lyingManifest,
};

/** Some changes of single bytes, of numbers, and of stretches; at least one. */
export function changed(original: Buffer, random: SeededRandom): Buffer {
  const bytes = Buffer.from(original);
  for (let change = random.integer(1, 4); change > 0; change -= 1) {
    const at = random.integer(0, bytes.length - 1);
    const kind = random.integer(0, 3);
    if (kind === 0) bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random.integer(0, 7)), at);
    else if (kind === 1) bytes.writeUInt8(random.integer(0, 255), at);
    else if (kind === 2 && at + 4 <= bytes.length) {
      bytes.writeUInt32LE(random.pick([0, 1, 2 ** 27, 2 ** 31, 2 ** 32 - 1, bytes.length]), at);
    } else bytes.copy(bytes, at, random.integer(0, bytes.length - 1), bytes.length);
  }
  return bytes;
}

function lyingFrame(frame: CraftedFrame, random: SeededRandom): CraftedFrame {
  const { bytes, contentSize } = frame;
  const number = random.pick([0, 1, contentSize + 1, contentSize - 1, 2 ** 27, 2 ** 32 - 1]);
  return random.pick([
    { ...frame, size: number },
    { ...frame, size: bytes.length + 1 },
    { ...frame, contentSize: number },
    { ...frame, check: number },
  ]);
}

/** The same content, or none, in a frame that the writer would not make. */
function otherFrame(content: Buffer, random: SeededRandom): CraftedFrame {
  const options = random.pick([
    { [constants.ZSTD_c_checksumFlag]: 0 },
    { [constants.ZSTD_c_contentSizeFlag]: 0 },
    { [constants.ZSTD_c_windowLog]: 27 },
    { [constants.ZSTD_c_compressionLevel]: 9, [constants.ZSTD_c_checksumFlag]: 1 },
  ]);
  const whole = zstdCompressSync(content, { params: options, pledgedSrcSize: content.length });
  const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]);
  const bytes = random.pick([
    whole,
    Buffer.concat([skippable, whole]),
    Buffer.concat([whole, whole]),
    skippable,
  ]);
  return { bytes, contentSize: content.length };
}

/** A manifest or config with other content: its digest is right everywhere, its size may be not. */
function lyingManifest({ bundle }: FuzzSample, random: SeededRandom): Buffer {
  const { plan, blobs } = bundle;
  const small = plan.inventory.blobs.filter(({ role }) => role !== 'layer' && role !== 'file');
  const { digest, size } = random.pick(small);
  const document: JsonValue = JSON.parse(blobs.get(digest).toString());
  mutateJson(document, random);
  const bytes = Buffer.from(JSON.stringify(document));
  return replaceBlob(bundle, digest, random.chance(0.95) ? { bytes } : { bytes, size });
}
