/** Text whose `{{ … }}` expressions were replaced by tokens that are harmless to a YAML parser. */
export interface MaskedText {
  readonly text: string;
  /** Puts the expressions back into a key or value read from the masked text. */
  readonly unmask: (masked: string) => string;
}

/** Which lines that hold nothing but expressions become comments: they would be stray values to the YAML parser. */
export type MaskedLines = 'control lines' | 'all lines';

/**
 * Replaces every `{{ … }}` that opens and closes on one line, so that Palette macros and Helm templates can stand
 * unquoted. Line numbers stay. Lines of nothing but templates (`{{- if … }}`) become comments; lines of nothing but
 * Palette macros only with `all lines`.
 */
export function maskTemplates(text: string, lines: MaskedLines): MaskedText {
  if (!text.includes('{{')) return { text, unmask: (masked) => masked };
  const hidden: string[] = [];
  const masked = text
    .split('\n')
    .map((line) => maskLine(line, lines, hidden))
    .join('\n');
  return {
    text: masked,
    unmask: (token) =>
      token.replaceAll(
        tokenPattern,
        (whole, inline?: string, line?: string) => hidden[Number(inline ?? line)] ?? whole,
      ),
  };
}

/** The 1-based lines that hold nothing but expressions, at least one of them a Palette macro. */
export function bareMacroLines(text: string): number[] {
  return text.split('\n').flatMap((line, index) => (isBareMacroLine(line) ? [index + 1] : []));
}

function isBareMacroLine(line: string): boolean {
  return line.includes('{{') && line.includes('.spectro.') && isBare(splitTemplates(line));
}

/** One piece of a text: an expression with its braces, or what stands between. */
export interface TemplatePiece {
  readonly text: string;
  readonly isExpression: boolean;
}

/** Cuts a text into `{{ … }}` expressions and what stands between them. Joined, the pieces are the text. */
export function splitTemplates(text: string): TemplatePiece[] {
  const pieces: TemplatePiece[] = [];
  let at = 0;
  for (;;) {
    const open = text.indexOf('{{', at);
    const close = open === -1 ? -1 : text.indexOf('}}', open + 2);
    if (close === -1) break;
    if (open > at) pieces.push({ text: text.slice(at, open), isExpression: false });
    pieces.push({ text: text.slice(open, close + 2), isExpression: true });
    at = close + 2;
  }
  if (at < text.length) pieces.push({ text: text.slice(at), isExpression: false });
  return pieces;
}

// Private-use characters: printable to YAML, and never part of a name.
const tokenPattern = /\uE000(\d{1,9})\uE001|#\uE002(\d{1,9})\uE003/g;

function maskLine(line: string, lines: MaskedLines, hidden: string[]): string {
  if (!line.includes('{{')) return line;
  const pieces = splitTemplates(line);
  if (isBare(pieces) && (lines === 'all lines' || !line.includes('.spectro.'))) {
    hidden.push(line.trim());
    const indent = line.slice(0, line.length - line.trimStart().length);
    return `${indent}#\uE002${hidden.length - 1}\uE003`;
  }
  return pieces
    .map(({ text, isExpression }) => {
      if (!isExpression) return text;
      hidden.push(text);
      return `\uE000${hidden.length - 1}\uE001`;
    })
    .join('');
}

function isBare(pieces: readonly TemplatePiece[]): boolean {
  return pieces.every(({ text, isExpression }) => isExpression || text.trim() === '');
}
