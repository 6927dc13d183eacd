import type { BundleSink, WrittenBundle } from '../bundle/sink-output.ts';
import { SinkOutput } from '../bundle/sink-output.ts';
import type { Hasher } from '../io/hash-thread.ts';
import { SlabOutput } from '../io/slab-output.ts';
import { beginAgeFile } from '../trust/age-head.ts';
import type { AgeRecipients } from '../trust/age-recipients.ts';
import { AgeSealer } from '../trust/age-sealer.ts';

/** What becomes of what is encrypted: where it goes, and who hashes it. */
export interface EncryptedTarget {
  readonly sink: BundleSink;
  readonly hasher: Hasher;
}

/**
 * Encrypts what is written, and writes that into a sink: nothing else of it gets to a disk. Disposing waits for what is under way.
 */
export class EncryptOutput implements AsyncDisposable {
  readonly #output: SinkOutput;
  readonly #slabs: SlabOutput;
  readonly #sealer: AgeSealer;

  private constructor(output: SinkOutput, slabs: SlabOutput, sealer: AgeSealer) {
    this.#output = output;
    this.#slabs = slabs;
    this.#sealer = sealer;
  }

  /** Writes the header: for a passphrase that takes a second. */
  static async begin(recipients: AgeRecipients, { sink, hasher }: EncryptedTarget): Promise<EncryptOutput> {
    const { head, key } = await beginAgeFile(recipients);
    const output = new SinkOutput(sink, hasher);
    const slabs = new SlabOutput(async (slab) => await output.write(slab));
    await slabs.add(head);
    return new EncryptOutput(output, slabs, new AgeSealer(key));
  }

  /** Takes what follows, one piece after the other, as the sink of a bundle does. @throws what the sink throws */
  async write(bytes: Uint8Array): Promise<void> {
    for (const sealed of this.#sealer.add(bytes)) await this.#slabs.add(sealed);
  }

  /** Writes the last chunk. @returns what was written: the encrypted file */
  async finish(): Promise<WrittenBundle> {
    for (const sealed of this.#sealer.finish()) await this.#slabs.add(sealed);
    await this.#slabs.finish();
    return await this.#output.finish();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#slabs[Symbol.asyncDispose]();
  }
}
