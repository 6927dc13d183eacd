import { formatByteSize } from '../io/byte-size.ts';
import type { DecryptResult } from '../workflows/decrypt-bundle.ts';
import type { EncryptResult } from '../workflows/encrypt-bundle.ts';
import type { GeneratedAgeKey } from '../workflows/generate-age-key.ts';
import { partsField } from './parts-field.ts';
import { textFields } from './text-fields.ts';

/** What encrypting gave. */
export function encryptView({ plain, bundle }: EncryptResult): string {
  const { path, id, size, sha256, parts } = bundle;
  const list: [string, string][] = parts === undefined ? [] : [['parts list', parts.list]];
  const fields = textFields([
    ['id', id],
    ['size', sizeText(size)],
    ...partsField(parts?.files),
    ...list,
    ['sha256', sha256],
    ...encryptedFields(bundle),
    ['encrypted', `${plain.path}, which stays as it is`],
  ]);
  return `Wrote ${path}${parts === undefined ? '' : ' in parts'}\n${fields}`;
}

/** The line about what is inside of an encrypted bundle; none for another. */
export function encryptedFields({
  encrypted,
}: Pick<EncryptResult['bundle'], 'encrypted'>): [string, string][] {
  return encrypted === undefined
    ? []
    : [['inside', `${sizeText(encrypted.size)}, sha256 ${encrypted.sha256}`]];
}

/** What decrypting gave. */
export function decryptView({ encrypted, file }: DecryptResult): string {
  const fields = textFields([
    ['size', sizeText(file.size)],
    ['sha256', file.sha256],
    ['decrypted', `${encrypted.path}, which stays as it is`],
  ]);
  return `Wrote ${file.path}\n${fields}`;
}

/** A key that was made, and what is told to whoever encrypts. */
export function ageKeyView({ path, recipient }: GeneratedAgeKey): string {
  return `Wrote ${path}\n${textFields([
    ['secret key', `${path}: keep it at the site, and keep it secret`],
    ['public key', recipient],
  ])}\nTo encrypt to it: palette-edge build … --encrypt-to ${recipient}`;
}

function sizeText(size: number): string {
  return `${formatByteSize(size)} (${size} bytes)`;
}
