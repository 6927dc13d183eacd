import type { Hasher } from '../io/hash-thread.ts';
import { encodeFrameTable } from './frame-table.ts';
import type { Frame } from './frame-table.ts';
import { SinkOutput } from './sink-output.ts';
import type { BundleSink, WrittenBundle } from './sink-output.ts';
import type { WrittenFrames } from './written-frames.ts';

/** The file so far: its frames, length and hash. */
export class FrameOutput {
  readonly #output: SinkOutput;
  readonly #frames: Omit<Frame, 'position'>[] = [];

  constructor(sink: BundleSink, hasher: Hasher) {
    this.#output = new SinkOutput(sink, hasher);
  }

  /** Frames are taken in the order of the calls; the promise settles when nobody reads this one any more. */
  async append(contentSize: number, frame: Uint8Array, check: number): Promise<void> {
    this.#frames.push({ size: frame.length, contentSize, check });
    await this.#output.write(frame);
  }

  /**
   * Begins behind frames that the file has already.
   *
   * @throws the system's error when they cannot be read
   */
  async goOn({ frames, size }: Pick<WrittenFrames, 'frames' | 'size'>): Promise<void> {
    for (const frame of frames) this.#frames.push(frame);
    await this.#output.goOn(size);
  }

  /** Takes a frame in pieces, which are written one after the other. Nothing may be appended meanwhile. */
  async appendPieces(frame: Omit<Frame, 'position'>, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    this.#frames.push(frame);
    for await (const piece of pieces) await this.#output.write(piece);
  }

  async finish(): Promise<WrittenBundle> {
    await this.#output.write(encodeFrameTable(this.#frames));
    return await this.#output.finish();
  }
}
