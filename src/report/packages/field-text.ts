/** Longest text of a field that is kept, in characters: a description is cut, and a name or version of this length is no package. */
const longest = 1024;

/**
 * Text of a field of package metadata: one line, without control characters, at most 1024 characters. Undefined when nothing is left.
 * It shares no memory with what it was cut out of, which may be a whole database.
 */
export function fieldText(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const line = text
    .slice(0, longest)
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return line === '' ? undefined : Buffer.from(line).toString();
}

/** Whether a name and version can be those of a package: in one line, without spaces in the name, and not longer than any real one. */
export function isNamed(name: string | undefined, version: string | undefined): boolean {
  return [name, version].every((text) => text !== undefined && /^[^\p{Cc}\s]{1,512}$/u.test(text));
}

/** Names that packages require and provide, for looking each other up only: as they are, without empty ones and repetitions. */
export function distinctNames(names: readonly (string | undefined)[]): string[] {
  return [...new Set(names)].filter((name) => name !== undefined).filter((name) => name !== '');
}

/** Without empty texts and repetitions. */
export function distinct(texts: readonly (string | undefined)[]): string[] {
  return [...new Set(texts.map(fieldText).filter((text) => text !== undefined))];
}
