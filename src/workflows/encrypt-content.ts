import type { BundleSink, WrittenBundle } from '../bundle/sink-output.ts';
import { hashHere } from '../io/hash-thread.ts';
import type { Hasher } from '../io/hash-thread.ts';
import type { AgeRecipients } from '../trust/age-recipients.ts';
import { EncryptOutput } from './encrypt-output.ts';

/** What was written, and of an encrypted file what is inside. */
export interface WrittenContent extends WrittenBundle {
  readonly plain?: WrittenBundle;
}

/** Who can read it, and who hashes it. */
export interface EncryptionOptions {
  /** Undefined writes it as it is. */
  readonly encryption?: AgeRecipients | undefined;
  readonly hasher?: Hasher | undefined;
}

/**
 * Writes into a sink, encrypted when there are recipients.
 *
 * @param write puts the content into a sink
 * @throws what `write` and the sink throw
 */
export async function encryptContent(
  write: (sink: BundleSink) => Promise<WrittenBundle>,
  sink: BundleSink,
  { encryption, hasher = hashHere }: EncryptionOptions,
): Promise<WrittenContent> {
  if (encryption === undefined) return await write(sink);
  await using output = await EncryptOutput.begin(encryption, { sink, hasher });
  const plain = await write(output);
  return { ...(await output.finish()), plain };
}
