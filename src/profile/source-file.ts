/** A text file that was read: its base name, as shown and recorded, and its content. */
export interface SourceFile {
  readonly name: string;
  readonly text: string;
}

/** The text without a byte order mark. */
export function bareText({ text }: SourceFile): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}
