import { Flags } from '@oclif/core';

import { PaletteEdgeError } from '../errors.ts';
import { readTrustedKeys } from '../workflows/bundle-trust.ts';
import type { BundleTrust } from '../workflows/bundle-trust.ts';

const helpGroup = 'TRUST';

/** Whose signature a bundle must have: of every command that reads bundles. */
export const trustFlags = {
  'public-key': Flags.file({
    helpGroup,
    helpValue: 'FILE',
    summary: 'Take only what is signed with this key (PEM). One of several is enough.',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
  }),
  'require-signature': Flags.boolean({
    helpGroup,
    summary: 'Take nothing that is not signed: end when no --public-key is given.',
    description: 'For config files and environments: so that a key that is missing there is noticed.',
    default: false,
  }),
};

/** The same, of commands that read one bundle. */
export const oneBundleTrustFlags = {
  ...trustFlags,
  signature: Flags.file({
    helpGroup,
    helpValue: 'FILE',
    summary: 'Look for signatures in this file, too. Those beside the bundle are found without it.',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
  }),
};

/** What was given for {@link trustFlags} and {@link oneBundleTrustFlags}. */
export interface TrustFlags {
  readonly 'public-key': readonly string[];
  readonly 'require-signature': boolean;
  readonly signature?: readonly string[];
}

/**
 * Whose signature a bundle must have. Reads the keys.
 *
 * @returns undefined when nobody asked for one
 * @throws PaletteEdgeError `PUBLIC_KEY_MISSING`, `KEY_INVALID`, `KEY_UNSUITABLE` (kind usage), or why a key cannot be read
 */
export async function bundleTrust(flags: TrustFlags): Promise<BundleTrust | undefined> {
  const { 'public-key': files, 'require-signature': isRequired, signature: signatureFiles = [] } = flags;
  if (files.length > 0) return { keys: await readTrustedKeys(files), signatureFiles };
  if (isRequired) throw keyMissing('--require-signature asks for a signature');
  if (signatureFiles.length > 0) throw keyMissing('--signature names a signature');
  return undefined;
}

function keyMissing(what: string): PaletteEdgeError {
  return new PaletteEdgeError('PUBLIC_KEY_MISSING', `${what}, and no key is given to check it with`, {
    kind: 'usage',
    suggestions: [
      'Name the public key of who signs: --public-key FILE, PALETTE_EDGE_PUBLIC_KEY, or public-key in your own config file.',
    ],
  });
}
