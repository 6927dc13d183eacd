import { PaletteEdgeError } from '../errors.ts';
import { isMisspelling } from '../profile/edit-distance.ts';
import { isAbsent } from '../profile/yaml-fields.ts';
import { parseYaml } from '../profile/yaml-tree.ts';
import type { YamlNode } from '../profile/yaml-tree.ts';

/** A value in a registries file, with its place. */
export interface RegistriesPiece {
  readonly file: string;
  readonly line: number;
  /** The keys down to it, the last one last; none for the whole file. */
  readonly keys: readonly string[];
  readonly value: YamlNode;
}

/** Nobody writes so much by hand. */
const maximumLength = 1024 * 1024;

/**
 * Parses a registries file.
 *
 * @returns undefined when there is nothing in it
 * @throws PaletteEdgeError `REGISTRIES_FILE_INVALID` (kind usage) with file and line, without a word of the text
 */
export function parseRegistriesYaml(text: string, file: string): RegistriesPiece | undefined {
  if (text.length > maximumLength)
    throw invalidAt(file, `it has more than ${maximumLength} characters`, ['Is it the right file?']);
  const [document, second] = documentsOf(text, file);
  if (document === undefined) return undefined;
  if (second !== undefined)
    throw invalidAt(`${file}:${second.root.line}`, 'it has a second document: remove the line ---');
  const [duplicate] = document.duplicates;
  if (duplicate !== undefined) throw invalidAt(`${file}:${duplicate.line}`, 'this key stands there twice');
  return { file, line: document.root.line, keys: [], value: document.root };
}

/**
 * The fields of a mapping; none for a key without a value.
 *
 * @param known what its keys may be; undefined when they are names
 * @throws PaletteEdgeError `REGISTRIES_FILE_INVALID` for anything else than a mapping, and for a key that is not known
 */
export function fieldsOf(
  piece: RegistriesPiece,
  known?: readonly string[],
): ReadonlyMap<string, RegistriesPiece> {
  const { file, keys, value } = piece;
  if (isAbsent(value)) return new Map();
  if (value.kind !== 'map') {
    const expected = known === undefined ? 'names with what holds for each' : `the keys ${known.join(', ')}`;
    throw invalidPiece(piece, `expected ${expected}`);
  }
  return new Map(
    [...value.entries].map(([key, entry]) => {
      const field = { file, line: entry.line, keys: [...keys, key], value: entry.value };
      if (known !== undefined && !known.includes(key)) throw unknownKey(piece, field.line, { key, known });
      return [key, field];
    }),
  );
}

/** The items of a list; none for a key without a value. */
export function itemsOf(piece: RegistriesPiece): RegistriesPiece[] {
  const { value } = piece;
  if (isAbsent(value)) return [];
  if (value.kind !== 'list') throw invalidPiece(piece, 'expected a list');
  return value.items.map((item) => ({ ...piece, line: item.line, value: item }));
}

/** A text or number as it is written; undefined when there is none, or an empty one. */
export function textOf(piece: RegistriesPiece | undefined): string | undefined {
  if (piece === undefined || isAbsent(piece.value)) return undefined;
  if (piece.value.kind !== 'scalar') throw invalidPiece(piece, 'expected a text');
  return piece.value.text === '' ? undefined : piece.value.text;
}

/** `true` or `false`; false when there is none. */
export function switchOf(piece: RegistriesPiece | undefined): boolean {
  const text = textOf(piece);
  if (piece === undefined || text === undefined) return false;
  if (text !== 'true' && text !== 'false') throw invalidPiece(piece, 'expected true or false');
  return text === 'true';
}

/** The error for a value that makes no sense. The reason must not quote what may be a secret. */
export function invalidPiece(
  { file, line, keys }: RegistriesPiece,
  reason: string,
  suggestions: readonly string[] = [],
): PaletteEdgeError {
  const what = keys.length === 0 ? '' : `${keys.join(' → ')}: `;
  return invalidAt(`${file}:${line}`, `${what}${reason}`, suggestions);
}

function documentsOf(text: string, file: string): ReturnType<typeof parseYaml> {
  let place = file;
  try {
    return parseYaml(text, (line, column) => (place = `${file}:${line}:${column}`));
  } catch (error) {
    // Without the parser's words and without it as cause: they quote the text, and there may be passwords in it.
    if (error instanceof PaletteEdgeError) throw invalidAt(place, 'it is not valid YAML');
    throw error;
  }
}

function unknownKey(
  { file, keys, value }: RegistriesPiece,
  line: number,
  { key, known }: { readonly key: string; readonly known: readonly string[] },
): PaletteEdgeError {
  const meant = known.find((word) => isMisspelling(key, word));
  // {password:secret}, without a space, is a key.
  const isWord = /^[A-Za-z_-]{1,30}$/.test(key) && keys.at(-1) !== 'auth';
  const field = { file, line, keys: [...keys, isWord || meant !== undefined ? key : '…'], value };
  return invalidPiece(field, 'there is no such key', [
    ...(meant === undefined ? [] : [`Did you mean ${meant}?`]),
    `The keys here are ${known.join(', ')}.`,
  ]);
}

function invalidAt(place: string, reason: string, suggestions: readonly string[] = []): PaletteEdgeError {
  return new PaletteEdgeError('REGISTRIES_FILE_INVALID', `${place}: ${reason}`, {
    kind: 'usage',
    suggestions: [...suggestions, 'The format is that of registries.yaml of k3s and RKE2.'],
  });
}
