import { allEnded } from '../io/all-ended.ts';
import type { Hasher, StreamHash } from '../io/hash-thread.ts';
import { toDigest } from '../oci/digest.ts';
import type { BundleSink, WrittenBundle } from './frame-output.ts';

/** Bytes on their way into a sink, with their length and hash. */
export class SinkOutput {
  readonly #sink: BundleSink;
  readonly #hash: StreamHash;
  #size = 0;

  constructor(sink: BundleSink, hasher: Hasher) {
    this.#sink = sink;
    this.#hash = hasher.begin();
  }

  /**
   * Takes what follows. To be called again when it has resolved: then nobody reads the bytes any more.
   *
   * @throws what the sink throws
   */
  async write(bytes: Uint8Array): Promise<void> {
    const position = this.#size;
    this.#size += bytes.length;
    const sink = this.#sink;
    if ('file' in sink) await this.#hash.updateAndWrite(bytes, { file: sink.file, position });
    else if ('append' in sink) await sink.append(bytes, this.#hash);
    else await allEnded([sink.write(bytes), this.#hash.update(bytes)]);
  }

  /** Says what was written, once every write has resolved. */
  async finish(): Promise<WrittenBundle> {
    return { size: this.#size, sha256: toDigest(await this.#hash.digest()) };
  }
}
