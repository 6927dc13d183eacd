import { chunkSize } from '../../src/usb/open-drive.ts';
import type { WritableDrive } from '../../src/usb/open-drive.ts';

/** A drive in memory, honest or not. */
export interface FakeDrive extends WritableDrive {
  /** What is on it. */
  readonly content: Buffer;
  /** Every call in turn, such as `write 0 4194304`. */
  readonly calls: readonly string[];
}

/** What a drive does wrong. */
export interface FakeDriveFaults {
  /** Bytes that it really has: positions behind that begin again at 0. */
  readonly wrapsAt?: number;
  /** Positions from which on writes are taken and forgotten. */
  readonly forgetsFrom?: number;
  /** Called before each call, with its words; may change the content or throw. */
  readonly before?: (call: string, content: Buffer) => void;
}

/** Makes a drive that is full of old bytes. */
export function fakeDrive(size: number, faults: FakeDriveFaults = {}): FakeDrive {
  const { wrapsAt = size, forgetsFrom = size, before } = faults;
  const content = Buffer.alloc(wrapsAt, 0xaa);
  const calls: string[] = [];
  const call = (...words: readonly (string | number)[]): void => {
    calls.push(words.join(' '));
    before?.(words.join(' '), content);
  };
  return {
    path: '/dev/sdx',
    size,
    sectorSize: 512,
    content,
    calls,
    write: async (position, bytes) => {
      call('write', position, bytes.length);
      if (bytes.length > chunkSize || position % 512 !== 0) throw new Error(`write ${position}`);
      const sectors = Buffer.alloc(Math.ceil(bytes.length / 512) * 512);
      sectors.set(bytes);
      if (position + sectors.length > size) throw new Error(`write behind the end: ${position}`);
      if (position < forgetsFrom) content.set(sectors, position % wrapsAt);
      return await Promise.resolve();
    },
    read: async (position, length) => {
      call('read', position, length);
      const start = position % wrapsAt;
      return await Promise.resolve(content.subarray(start, start + length));
    },
    flush: async () => await Promise.resolve(call('flush')),
  };
}
