import parseExpression from 'spdx-expression-parse';

/** Longer texts are texts of licences, not names of them. */
const longestExpression = 1000;

/**
 * Whether what a package says of its licence is an expression of SPDX (SPDX 2.3, annex D) with licences of the list alone: `LicenseRef-…` would need to
 * be explained, and packages do not.
 */
export function isLicenceExpression(text: string): boolean {
  if (text.length > longestExpression || /(?:License|Document)Ref-/.test(text)) return false;
  try {
    parseExpression(text);
    return true;
  } catch {
    return false;
  }
}

/** Remembers answers: a document asks for the same few licences thousands of times. */
export function licenceMemory(): (text: string) => boolean {
  const known = new Map<string, boolean>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const answer = isLicenceExpression(text);
    known.set(text, answer);
    return answer;
  };
}

/** Several expressions as one: all of them count. */
export function joinedExpression(expressions: readonly string[]): string {
  const [first = '', ...more] = expressions;
  if (more.length === 0) return first;
  // Between parentheses an operator needs no spaces.
  return expressions.map((each) => (/[\s(]/.test(each) ? `(${each})` : each)).join(' AND ');
}
