/**
 * Takes secrets out of what a server said, should it repeat them. To be called before text is capped: half of a key is still a part of
 * one.
 */
export function withoutSecrets(text: string, secrets: readonly (string | undefined)[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret !== undefined && secret !== '') clean = clean.replaceAll(secret, '***');
  }
  return clean;
}
