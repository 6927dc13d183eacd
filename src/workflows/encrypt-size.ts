import type { BundlePlan } from '../bundle/plan-bundle.ts';
import type { AgeRecipients } from '../trust/age-recipients.ts';
import { sealedPayloadSize } from '../trust/age-stream.ts';

/** For a stanza of a usual key, or of a passphrase, and for one of a post-quantum key; for the rest of a header. In bytes, and never too few. */
const stanzaSize = 250;
const largeStanzaSize = 1800;
const restSize = 150;

/** An encrypted file is not larger than this, in bytes. */
export function encryptedSize(plainSize: number, recipients: AgeRecipients): number {
  const keys = recipients.kind === 'keys' ? recipients.keys : [''];
  // Long recipients are post-quantum ones.
  const stanzas = keys.reduce((sum, { length }) => sum + (length > 200 ? largeStanzaSize : stanzaSize), 0);
  return restSize + stanzas + sealedPayloadSize(plainSize);
}

/** A plan with the size of the file that is written, which may be encrypted. */
export function withEncryptedSize(plan: BundlePlan, recipients: AgeRecipients | undefined): BundlePlan {
  if (recipients === undefined) return plan;
  return { ...plan, expectedBundleSize: encryptedSize(plan.expectedBundleSize, recipients) };
}
