const maximumLength = 200;

/** Text from an input file as it may stand in a message: no control or direction characters, not too long. */
export function shownText(text: string): string {
  const clean = text.replaceAll(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, '\uFFFD');
  return clean.length > maximumLength ? `${clean.slice(0, maximumLength)}…` : clean;
}
