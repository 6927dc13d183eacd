import type { SignResult } from '../workflows/sign-bundle.ts';
import { textFields } from './text-fields.ts';

/** What was signed, and with what. */
export function signView({
  path,
  name,
  id,
  inventory,
  keyId,
  algorithm,
  file,
  signatures,
}: SignResult): string {
  const fields = textFields([
    ['name', name],
    ['id', id],
    ['inventory', inventory],
    ['key id', keyId],
    ['algorithm', algorithm],
    ['signature file', signatures === 1 ? file : `${file}, with ${signatures} signatures`],
  ]);
  return `Signed ${path}\n${fields}`;
}
