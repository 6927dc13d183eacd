/**
 * JSON that may be written to a terminal: what could move the cursor, change colours or turn the direction of writing is escaped (RFC 8259,
 * section 7), so the value is the same. JSON itself escapes C0 control characters only.
 *
 * @param json as JSON.stringify gives it
 */
export function terminalJson(json: string): string {
  return json.replaceAll(
    /[\u007F-\u009F\p{Bidi_Control}\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
