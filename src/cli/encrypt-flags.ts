import { Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';

import { PaletteEdgeError } from '../errors.ts';
import { parseAgeRecipients } from '../trust/age-recipients.ts';
import type { AgeRecipients } from '../trust/age-recipients.ts';
import { encryptedEnding } from '../workflows/build-output-path.ts';
import { newFilePassphrase } from './file-passphrase.ts';
import { outputPath } from './output-path.ts';

const helpGroup = 'OUTPUT';

/** For whom a bundle is encrypted. */
export const encryptFlags = {
  'encrypt-to': Flags.string({
    helpGroup,
    helpValue: 'RECIPIENT',
    summary: 'Encrypt the bundle with age, for this public key (age1…). Any one of several can decrypt it.',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
  }),
  'encrypt-passphrase': Flags.boolean({
    helpGroup,
    summary:
      'Encrypt the bundle with age, with the passphrase in PALETTE_EDGE_PASSPHRASE or one that is asked for.',
    default: false,
  }),
};

/** What was given for {@link encryptFlags}. */
export type EncryptFlags = Readonly<Interfaces.InferredFlags<typeof encryptFlags>>;

/**
 * For whom a bundle is encrypted; undefined when it is not.
 *
 * @throws PaletteEdgeError `RECIPIENT_INVALID`, `ENCRYPTION_INVALID`, `PASSPHRASE_INVALID` (kind usage), `PASSPHRASE_MISSING` (kind
 *   authentication); the signal's reason when aborted
 */
export async function encryptionRequest(
  flags: EncryptFlags,
  signal: AbortSignal,
): Promise<AgeRecipients | undefined> {
  const { 'encrypt-to': keys, 'encrypt-passphrase': hasPassphrase } = flags;
  if (!hasPassphrase) return keys.length === 0 ? undefined : await parseAgeRecipients(keys);
  if (keys.length > 0) {
    // https://c2sp.org/age#the-scrypt-recipient-type: a passphrase is the only recipient of a file.
    throw invalid(
      '--encrypt-passphrase and --encrypt-to do not go together: age allows a passphrase no other recipients',
      'Use one of them.',
    );
  }
  return { kind: 'passphrase', passphrase: await newFilePassphrase(signal) };
}

/**
 * Makes sure that an image is not made of what cannot be read at the site.
 *
 * @throws PaletteEdgeError `ENCRYPTION_INVALID` (kind usage)
 */
export function requirePlainForImage(encryption: AgeRecipients | undefined, hasImage: boolean): void {
  if (encryption === undefined || !hasImage) return;
  throw invalid(
    '--iso and an encrypted bundle do not go together: the host that starts from the image could not decrypt it',
    'Build the image, and encrypt it as a whole for its way: age -r RECIPIENT -o IMAGE.iso.age IMAGE.iso',
  );
}

/**
 * The value of `--output`, which for an encrypted bundle ends with `.age`: whoever sees the file is to know what it is.
 *
 * @throws PaletteEdgeError `PATH_INVALID` (kind usage)
 */
export function encryptedOutputPath(
  path: string | undefined,
  encryption: AgeRecipients | undefined,
): string | undefined {
  const output = outputPath(path);
  if (output === undefined || encryption === undefined || output.endsWith(encryptedEnding)) return output;
  throw new PaletteEdgeError(
    'PATH_INVALID',
    `--output ${output}: the name of an encrypted bundle ends with ${encryptedEnding}`,
    { kind: 'usage', suggestions: [`Write it like this: --output ${output}${encryptedEnding}`] },
  );
}

/** @throws PaletteEdgeError `ENCRYPTION_INVALID` (kind usage) when nobody was named */
export async function requireEncryption(flags: EncryptFlags, signal: AbortSignal): Promise<AgeRecipients> {
  const encryption = await encryptionRequest(flags, signal);
  if (encryption !== undefined) return encryption;
  throw invalid(
    'it was not said who is to read it',
    'Name a public key: --encrypt-to age1…, or use a passphrase: --encrypt-passphrase',
  );
}

function invalid(reason: string, suggestion: string): PaletteEdgeError {
  return new PaletteEdgeError('ENCRYPTION_INVALID', reason, { kind: 'usage', suggestions: [suggestion] });
}
