import type { NameRewrite } from '../registry/route.ts';
import { invalidPiece, textOf } from './registries-piece.ts';
import type { RegistriesPiece } from './registries-piece.ts';

/** Letters behind a backslash that mean the same in Go and here. */
const knownEscapes = 'dDwWsSbBnrtfv';

/**
 * Reads a rewrite of a registries file: the key is a regular expression as Go has them, the value what takes the place of
 * every match, with `$1`, `${1}` or `${name}` for groups.
 *
 * @throws PaletteEdgeError `REGISTRIES_FILE_INVALID`
 */
export function nameRewrite(source: string, piece: RegistriesPiece): NameRewrite {
  const pattern = compile(source, piece);
  const text = textOf(piece) ?? '';
  const groups = groupsOf(pattern);
  const replacement = text.replaceAll(
    /\$(?:\$|\{(\w+)\}|(\w+))?/g,
    (whole: string, braced?: string, plain?: string) => {
      const name = braced ?? plain;
      if (name === undefined) return '$$';
      if (name === '0') return '$&';
      if (groups.has(name)) return /^\d+$/.test(name) ? `$${name.padStart(2, '0')}` : `$<${name}>`;
      throw invalidPiece(piece, `${whole} names no group of the expression`, [
        // Go takes every letter and digit that follows for a part of the name.
        'Write the number of a group in braces, as in ${1}.',
      ]);
    },
  );
  return { pattern, replacement };
}

function compile(source: string, piece: RegistriesPiece): RegExp {
  const [inline = '', flags = ''] = /^\(\?([ims]+)\)/.exec(source) ?? [];
  for (const [escape, character = ''] of source.matchAll(/\\(.)/gs)) {
    if (/[A-Za-z0-9]/.test(character) && !knownEscapes.includes(character))
      throw invalidPiece(piece, `${escape} is not known here in a regular expression`);
  }
  try {
    return new RegExp(
      source.slice(inline.length).replaceAll('(?P<', '(?<'),
      [...new Set(`g${flags}`)].join(''),
    );
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw invalidPiece(piece, 'the key is no regular expression that can be read');
  }
}

/** Numbers and names of the groups of an expression. */
function groupsOf(pattern: RegExp): ReadonlySet<string> {
  // With an empty alternative it matches anything, and tells its groups.
  const match = new RegExp(`${pattern.source}|`, pattern.flags.replace('g', '')).exec('');
  const count = match === null ? 0 : match.length - 1;
  const numbers = Array.from({ length: Math.min(count, 99) }, (_, index) => String(index + 1));
  return new Set([...numbers, ...Object.keys(match?.groups ?? {})]);
}
