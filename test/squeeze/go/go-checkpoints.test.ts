import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { historySize } from '../../../src/squeeze/deflate-encoder.ts';
import type { EncoderCheckpoint, EncoderOptions } from '../../../src/squeeze/deflate-encoder.ts';
import { createGoEncoder, hasCheckpoints } from '../../../src/squeeze/go/go-encoder.ts';
import { mixture, periodic } from '../../support/go-oracle-inputs.ts';
import { requireTool } from '../../support/required-tools.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const tar = execFileSync(requireTool('tar'), ['-c', '--sort=name', 'src', 'docs'], {
  cwd: root,
  maxBuffer: 2 ** 26,
});

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
    const { written, checkpoints } = encode(plain, level);
    const whole = Buffer.alloc(written.length);
    const starts = [undefined, ...checkpoints];
    for (const [index, checkpoint] of starts.entries()) {
      const end = starts[index + 1];
      const part = encodePart(plain, level, { checkpoint, end });
      const first = Math.floor((checkpoint?.bits ?? 0) / 8);
      for (const [at, byte] of part.entries())
        whole.writeUInt8(whole.readUInt8(first + at) | byte, first + at);
    }
    expect(whole.equals(written)).toBe(true);
  });
});

describe.each([1, 2, 3])('level %i', (level) => {
  it('has none', () => {
    expect(hasCheckpoints(level)).toBe(false);
    expect(encode(tar.subarray(0, 300_000), level).checkpoints).toEqual([]);
  });
});

/** What lies between two checkpoints: a worker that has reached the second one drops the bits behind it. */
function encodePart(
  plain: Uint8Array,
  level: number,
  { checkpoint, end }: { checkpoint: EncoderCheckpoint | undefined; end: EncoderCheckpoint | undefined },
): Buffer {
  const from = checkpoint === undefined ? undefined : startAt(plain, checkpoint);
  const { written } = encode(plain, level, from === undefined ? {} : { from });
  if (end === undefined) return written;
  const firstBit = 8 * Math.floor((checkpoint?.bits ?? 0) / 8);
  const bits = end.bits - firstBit;
  const part = Buffer.from(written.subarray(0, Math.ceil(bits / 8)));
  const last = part.length - 1;
  if (bits % 8 > 0) part.writeUInt8(part.readUInt8(last) & ((1 << (bits % 8)) - 1), last);
  return part;
}

/** The checkpoints from which other bits or other checkpoints follow than from the beginning. */
function differingBlocks(plain: Uint8Array, level: number): readonly EncoderCheckpoint[] {
  const { written, checkpoints } = encode(plain, level);
  expect(checkpoints.length).toBeGreaterThan(2);
  expect(checkpoints.at(-1)?.plain).toBe(plain.length);
  return checkpoints.filter((checkpoint, index) => {
    const rest = encode(plain, level, { from: startAt(plain, checkpoint) });
    const first = Math.floor(checkpoint.bits / 8);
    const expected = Buffer.from(written.subarray(first));
    expected.writeUInt8(expected.readUInt8(0) & (0xff << (checkpoint.bits % 8)), 0);
    const later = checkpoints.slice(index + 1);
    return !rest.written.equals(expected) || JSON.stringify(rest.checkpoints) !== JSON.stringify(later);
  });
}

function startAt(plain: Uint8Array, checkpoint: EncoderCheckpoint): NonNullable<EncoderOptions['from']> {
  const begin = Math.max(0, checkpoint.plain - historySize);
  return { checkpoint, history: plain.subarray(begin, checkpoint.plain) };
}

function encode(
  plain: Uint8Array,
  level: number,
  options: EncoderOptions = {},
): { readonly written: Buffer; readonly checkpoints: readonly EncoderCheckpoint[] } {
  const written: Buffer[] = [];
  const checkpoints: EncoderCheckpoint[] = [];
  const encoder = createGoEncoder(level, (bytes) => written.push(Buffer.from(bytes)), {
    ...options,
    onBlock: (checkpoint) => checkpoints.push(checkpoint),
  });
  const begin = options.from?.checkpoint.plain ?? 0;
  for (let at = begin; at < plain.length; at += 50_000) encoder.write(plain.subarray(at, at + 50_000));
  encoder.finish();
  return { written: Buffer.concat(written), checkpoints };
}
