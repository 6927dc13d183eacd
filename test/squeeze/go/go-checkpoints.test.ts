import { describe, expect, it } from 'vitest';

import type { EncoderCheckpoint } from '../../../src/squeeze/deflate-encoder.ts';
import { createGoEncoder, hasCheckpoints } from '../../../src/squeeze/go/go-encoder.ts';
import { differingCheckpoints, encodePlain, encodeRest } from '../../support/encode-plain.ts';
import type { CreateEncoder } from '../../support/encode-plain.ts';
import { mixture, periodic } from '../../support/go-oracle-inputs.ts';
import { tarOf } from '../../support/squeeze-inputs.ts';

const tar = tarOf('src', 'docs');

describe.each([-2, 0, 4, 6, 9])('level %i', (level) => {
  it('goes on from each block of a tar with the same bits', () => {
    expect(differingBlocks(tar.subarray(0, 600_000), level)).toEqual([]);
  });

  it('goes on from each block of a mixture with the same bits', () => {
    expect(differingBlocks(mixture('checkpoints', 200_000), level)).toEqual([]);
  });

  it('goes on where the window of Go reaches less far', () => {
    expect(
      differingBlocks(Buffer.concat([periodic(32_600, 100_000), mixture('after', 100_000)]), level),
    ).toEqual([]);
  });

  it('is made whole from parts that are made apart', () => {
    const plain = mixture('parts', 300_000);
    const { stream, checkpoints } = encodePlain(plain, go(level));
    const whole = Buffer.alloc(stream.length);
    const starts = [undefined, ...checkpoints];
    for (const [index, checkpoint] of starts.entries()) {
      const end = starts[index + 1];
      const part = encodePart(plain, level, { checkpoint, end });
      const first = Math.floor((checkpoint?.bits ?? 0) / 8);
      for (const [at, byte] of part.entries())
        whole.writeUInt8(whole.readUInt8(first + at) | byte, first + at);
    }
    expect(whole.equals(stream)).toBe(true);
  });
});

describe.each([1, 2, 3])('level %i', (level) => {
  it('has none', () => {
    expect(hasCheckpoints(level)).toBe(false);
    expect(encodePlain(tar.subarray(0, 300_000), go(level)).checkpoints).toEqual([]);
  });
});

/** What lies between two checkpoints: a worker that has reached the second one drops the bits behind it. */
function encodePart(
  plain: Uint8Array,
  level: number,
  { checkpoint, end }: { checkpoint: EncoderCheckpoint | undefined; end: EncoderCheckpoint | undefined },
): Buffer {
  const { stream } = encodeRest(plain, go(level), checkpoint);
  if (end === undefined) return stream;
  const firstBit = 8 * Math.floor((checkpoint?.bits ?? 0) / 8);
  const bits = end.bits - firstBit;
  const part = Buffer.from(stream.subarray(0, Math.ceil(bits / 8)));
  const last = part.length - 1;
  if (bits % 8 > 0) part.writeUInt8(part.readUInt8(last) & ((1 << (bits % 8)) - 1), last);
  return part;
}

/** The checkpoints from which something else follows than from the beginning, of an encoder that has one at the end, too. */
function differingBlocks(plain: Uint8Array, level: number): readonly EncoderCheckpoint[] {
  const { checkpoints } = encodePlain(plain, go(level));
  expect(checkpoints.length).toBeGreaterThan(2);
  expect(checkpoints.at(-1)?.plain).toBe(plain.length);
  return differingCheckpoints(plain, go(level));
}

function go(level: number): CreateEncoder {
  return (sink, options) => createGoEncoder(level, sink, options);
}
