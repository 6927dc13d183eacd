/** What is looked for: words that must all be there. Empty for everything. */
export type Words = readonly string[];

/** Takes what was typed apart. */
export function wordsOf(typed: string): Words {
  return typed
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
}

/** Whether a text, in lower case, has all words. */
export function hasWords(text: string, words: Words): boolean {
  return words.every((word) => text.includes(word));
}
