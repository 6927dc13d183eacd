/**
 * Text as it may be written to a terminal: names and messages of registries, profiles and bundles could otherwise move
 * the cursor or change colours. Line breaks and tabs stay.
 */
export function terminalText(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, (character) =>
    character === '\n' || character === '\t' ? character : '\uFFFD',
  );
}
