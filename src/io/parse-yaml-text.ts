import { LineCounter, parseDocument } from 'yaml';
import type { Document, ErrorCode } from 'yaml';

/** YAML that was parsed, comments and all. */
export interface YamlText {
  /** Without errors. A mapping may have a key twice: whoever reads the keys finds that. */
  readonly document: Document.Parsed;
  /** The line of an offset, from 1. */
  readonly lineOf: (offset: number) => number;
}

/** How a text is read. */
export interface YamlTextOptions {
  /** For messages. */
  readonly file: string;
  /** Makes the error, of a place as `FILE:LINE:COLUMN` and a reason. */
  readonly invalid: (place: string, reason: string) => Error;
}

/**
 * Parses a text of one YAML document. The reasons are our own words for the faults that the library finds: its messages quote the text,
 * and a token may be there.
 *
 * The length is not limited here.
 *
 * @throws what `invalid` makes
 */
export function parseYamlText(text: string, { file, invalid }: YamlTextOptions): YamlText {
  const lineCounter = new LineCounter();
  const document = parsed(text, lineCounter, () =>
    invalid(`${file}:1:1`, 'it is not valid YAML: it is nested too deeply'),
  );
  const [error] = document.errors.toSorted((left, right) => left.pos[0] - right.pos[0]);
  if (error !== undefined) {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    const place = `${file}:${Math.max(1, line)}:${Math.max(1, col)}`;
    throw invalid(
      place,
      `it is not valid YAML: ${faults[error.code] ?? 'nothing of this kind can stand here'}`,
    );
  }
  return { document, lineOf: (offset) => Math.max(1, lineCounter.linePos(offset).line) };
}

function parsed(text: string, lineCounter: LineCounter, tooDeep: () => Error): Document.Parsed {
  try {
    return parseDocument(text, {
      lineCounter,
      prettyErrors: false,
      // The library compares every key with every other.
      uniqueKeys: false,
      // Nothing is printed, and a second document is an error: silent, it would be passed over.
      logLevel: 'error',
    });
  } catch (error) {
    // The stack of its parser is that of JavaScript where mappings and lists go on in one line.
    throw error instanceof RangeError ? tooDeep() : error;
  }
}

const faults: Partial<Record<ErrorCode, string>> = {
  BAD_DIRECTIVE: 'a line that begins with % has another meaning',
  BAD_DQ_ESCAPE: 'there is no such escape (\\…) in double quotes',
  BAD_INDENT: 'the indentation does not fit, or a bracket is not closed',
  BAD_SCALAR_START: 'a value that begins with @ or ` must be in quotes',
  BLOCK_AS_IMPLICIT_KEY:
    'a mapping or list begins in the middle of a line; a value with ": " in it must be in quotes',
  BLOCK_IN_FLOW: 'inside of [ ] or { } everything is separated by commas',
  KEY_OVER_1024_CHARS: 'a key has more than 1024 characters',
  MISSING_CHAR: 'a quote, bracket, comma, colon or space is missing before this place',
  MULTILINE_IMPLICIT_KEY: 'a key goes over several lines; is a colon or quote missing?',
  MULTIPLE_DOCS: 'a second document begins (---)',
  RESOURCE_EXHAUSTION: 'it is nested too deeply',
  TAB_AS_INDENT: 'a tab is no indentation; use spaces',
  TAG_RESOLVE_FAILED: 'the value does not fit its tag (!…)',
};
