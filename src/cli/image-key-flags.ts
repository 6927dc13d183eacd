import { Flags } from '@oclif/core';

import { PaletteEdgeError } from '../errors.ts';
import { refuseSecretText } from '../io/refuse-secret-text.ts';
import { parsePublicKeys } from '../trust/public-key.ts';
import type { ImageSignatureRule } from '../trust/image-signature-keys.ts';
import { readSourceFile } from '../workflows/read-source-file.ts';
import { namePrefix } from './prefix-pair.ts';
import type { PrefixFlag } from './prefix-pair.ts';

/** Who has to have signed images. */
export const imageKeyFlags = {
  'verify-image-key': keyFlag(
    'Take images only that cosign has signed with this key (PEM), or those below PREFIX only.',
  ),
};

/** Who has to have signed images before their digests are written down. */
export const pinnedImageKeyFlags = {
  'verify-image-key': keyFlag('With --write: pin images only that cosign has signed with this key (PEM).'),
};

function keyFlag(summary: string) {
  return Flags.string({
    helpGroup: 'INPUT',
    helpValue: '[PREFIX=]FILE',
    summary,
    description:
      'As in cosign.pub, ghcr.io/org=org.pub. The longest prefix counts, and one of several keys is enough.',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
  });
}

const flag: PrefixFlag = {
  name: '--verify-image-key',
  code: 'IMAGE_KEY_INVALID',
  example: 'ghcr.io/org=cosign.pub',
  shape: '[PREFIX=]FILE',
};

/**
 * Reads the keys of `--verify-image-key`: `cosign.pub`, `ghcr.io/org=keys/org.pub`.
 *
 * @throws PaletteEdgeError `IMAGE_KEY_INVALID` for what cannot be read as that, `KEY_INVALID` and `KEY_UNSUITABLE` for what is in a file (kind usage),
 *   and why a file cannot be read
 * @returns undefined when there are none
 */
export async function imageSignatureRules(
  texts: readonly string[],
): Promise<readonly ImageSignatureRule[] | undefined> {
  if (texts.length === 0) return undefined;
  const rules: ImageSignatureRule[] = [];
  for (const text of new Set(texts)) {
    refuseSecretText(text, 'public key');
    const { prefix, file } = splitText(text);
    if (file === '') throw noFile(text);
    const bytes = Buffer.from((await readSourceFile(file, 'public key')).text);
    rules.push({ prefix, keys: parsePublicKeys(bytes, file).map((key) => ({ key, file })) });
  }
  return rules;
}

/** What begins like a path is one, whatever characters it has: `./a=b.pub`. */
function splitText(text: string): { readonly prefix: ImageSignatureRule['prefix']; readonly file: string } {
  const equals = text.indexOf('=');
  if (equals === -1 || /^\.{0,2}\//.test(text)) return { prefix: undefined, file: text };
  return { prefix: namePrefix(text.slice(0, equals), flag), file: text.slice(equals + 1) };
}

function noFile(text: string): PaletteEdgeError {
  return new PaletteEdgeError(flag.code, `${flag.name} ${JSON.stringify(text)} names no file`, {
    kind: 'usage',
    suggestions: [`Expected ${flag.name} [PREFIX=]FILE, as in ${flag.example}.`],
  });
}
