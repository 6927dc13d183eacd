/** One challenge of a `WWW-Authenticate` header. */
export interface Challenge {
  /** Lower-case: `bearer`, `basic`. */
  readonly scheme: string;
  /** Lower-case names; the first one wins when one is repeated. */
  readonly parameters: ReadonlyMap<string, string>;
}

const maximumHeaderLength = 8192;
const token = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const quoted = /"((?:[^"\\]|\\.)*)"/sy;
const separators = /[\s,]*/y;
const equals = /[ \t]*=[ \t]*/y;
const untilComma = /[^,]*/y;

/**
 * Reads a `WWW-Authenticate` header (RFC 9110, 11.6.1), possibly several joined by commas.
 *
 * Takes anything a server may send, in time linear in its length: what makes no sense is left out.
 */
export function parseChallenges(header: string): Challenge[] {
  const scanner = new Scanner(header.slice(0, maximumHeaderLength));
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  for (;;) {
    scanner.take(separators);
    if (scanner.isAtEnd) return challenges;
    const name = scanner.take(token)?.[0]?.toLowerCase();
    if (name === undefined) {
      scanner.take(untilComma);
    } else if (scanner.take(equals) === undefined) {
      challenges.push({ scheme: name, parameters: new Map() });
    } else {
      const value = readValue(scanner);
      const parameters = challenges.at(-1)?.parameters;
      if (parameters !== undefined && !parameters.has(name)) parameters.set(name, value);
    }
  }
}

function readValue(scanner: Scanner): string {
  const text = scanner.take(quoted)?.[1];
  if (text !== undefined) return text.replaceAll(/\\(.)/gs, '$1');
  return scanner.take(token)?.[0] ?? '';
}

/** A position in a text; every match begins there. */
class Scanner {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#position >= this.#text.length;
  }

  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#position += match[0].length;
    return match;
  }
}
