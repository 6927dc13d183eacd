import { beginAgeFile } from '../../src/trust/age-head.ts';
import { newAgeIdentity } from '../../src/trust/age-identities.ts';
import { parseAgeRecipients } from '../../src/trust/age-recipients.ts';
import { AgeSealer } from '../../src/trust/age-sealer.ts';

/** Bytes that were encrypted to a new key. */
export interface SealedFile {
  readonly file: Buffer;
  /** Where its first chunk begins. */
  readonly start: number;
  /** Of its payload. */
  readonly key: Uint8Array;
  readonly identities: readonly string[];
}

/** Encrypts bytes to a key of their own. */
export async function sealedFile(plain: Uint8Array): Promise<SealedFile> {
  const { text, recipient } = await newAgeIdentity();
  const { head, key } = await beginAgeFile(await parseAgeRecipients([recipient]));
  const sealer = new AgeSealer(key);
  const file = Buffer.concat([head, ...sealer.add(plain), ...sealer.finish()]);
  return { file, start: head.length, key, identities: [secretKey(text)] };
}

/** The secret key in the text of an identity file. */
export function secretKey(text: string): string {
  const line = text.split('\n').find((each) => each.startsWith('AGE-SECRET-KEY-'));
  if (line === undefined) throw new Error('there is no secret key');
  return line;
}
