/**
 * The words of a text, each in the parts that a line may be broken between: words are there to be copied and stay whole, but for a path of
 * keys, as `spec.template.spec.containers[0].image`, that has no room.
 */
export function breakableWords(text: string, room: number): readonly (readonly string[])[] {
  return text.split(' ').map((word) => partsOf(word, room));
}

/** Length of the longest word or part of one. */
export function longestPart(words: readonly (readonly string[])[]): number {
  return words.flat().reduce((longest, { length }) => Math.max(longest, length), 0);
}

function partsOf(word: string, room: number): readonly string[] {
  const isKeyPath = /^[\w.[\]-]+$/.test(word) && word.includes('.');
  return isKeyPath && word.length > room ? word.split(/(?<=\.)/) : [word];
}
