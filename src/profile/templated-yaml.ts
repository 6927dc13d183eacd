import { PaletteEdgeError } from '../errors.ts';
import { bareMacroLines, maskTemplates } from './template-mask.ts';
import type { MaskedLines } from './template-mask.ts';
import { parseYaml } from './yaml-tree.ts';
import type { Place, YamlDocument } from './yaml-tree.ts';

/** YAML with `{{ … }}` in it, as far as it could be read. Texts still hold their expressions. */
export interface TemplatedYaml extends ReadingNotes {
  readonly documents: readonly YamlDocument[];
}

/** What of a text was not read, or is ambiguous. */
export interface ReadingNotes {
  /** Lines of nothing but Palette macros that were passed over: each may stand for a block of YAML. */
  readonly skippedLines: readonly number[];
  /** Why a section could not be read; images in it are not seen. */
  readonly unreadSections: readonly UnreadSection[];
  /** Those of all documents. */
  readonly duplicates: YamlDocument['duplicates'];
}

/** A section, from one key at the left margin to the next, that is no YAML before its templates are rendered. */
interface UnreadSection {
  readonly key: string;
  readonly line: number;
  readonly error: PaletteEdgeError;
}

const maximumSections = 2000;

/**
 * Parses pack values or a manifest whose macros are not resolved yet.
 *
 * Tried in turn: as it is with every expression masked; with lines of nothing but macros passed over; section by section, where
 * a section that does not parse is given up if it holds templates.
 *
 * @throws PaletteEdgeError `YAML_INVALID` when text without templates is broken, or the section `pack`
 */
export function parseTemplatedYaml(text: string, place: Place): TemplatedYaml {
  const first = attempt(text, place, { lines: 'control lines' });
  if (!(first instanceof PaletteEdgeError)) return withNotes(first, {});
  if (first.code !== 'YAML_INVALID' || !text.includes('{{')) throw first;
  const skippedLines = bareMacroLines(text);
  const second = attempt(text, place, { lines: 'all lines' });
  if (!(second instanceof PaletteEdgeError)) return withNotes(second, { skippedLines });
  const sections = splitSections(text);
  if (sections.length > maximumSections) throw first;
  return parseSections(sections, place, skippedLines);
}

function attempt(
  text: string,
  place: Place,
  options: { readonly lines: MaskedLines; readonly firstLine?: number },
): YamlDocument[] | PaletteEdgeError {
  const masked = maskTemplates(text, options.lines);
  try {
    return parseYaml(masked.text, place, { unmask: masked.unmask, firstLine: options.firstLine });
  } catch (error) {
    if (error instanceof PaletteEdgeError) return error;
    throw error;
  }
}

function parseSections(
  sections: readonly Section[],
  place: Place,
  skippedLines: readonly number[],
): TemplatedYaml {
  const documents: YamlDocument[] = [];
  const unreadSections: UnreadSection[] = [];
  for (const section of sections) {
    const result = attempt(section.text, place, { lines: 'all lines', firstLine: section.line });
    if (!(result instanceof PaletteEdgeError)) for (const document of result) documents.push(document);
    else if (section.key === 'pack' || !section.text.includes('{{')) throw result;
    else unreadSections.push({ key: section.key, line: section.line, error: result });
  }
  return withNotes(documents, { skippedLines, unreadSections });
}

function withNotes(
  documents: readonly YamlDocument[],
  { skippedLines = [], unreadSections = [] }: Partial<ReadingNotes>,
): TemplatedYaml {
  return {
    documents,
    skippedLines,
    unreadSections,
    duplicates: documents.flatMap((document) => document.duplicates),
  };
}

interface Section {
  readonly key: string;
  readonly line: number;
  readonly text: string;
}

/** Cuts at every key at the left margin. */
function splitSections(text: string): Section[] {
  const sections: { key: string; line: number; lines: string[] }[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const key = /^(?:"([^"]+)"|'([^']+)'|([^\s#"'{}[\]&*!|>%@-][^:]*?))\s*:(?:\s|$)/.exec(line.slice(0, 500));
    const current = sections.at(-1);
    if (key !== null || current === undefined) {
      const name = key?.[1] ?? key?.[2] ?? key?.[3] ?? '';
      sections.push({ key: name, line: index + 1, lines: [line] });
    } else current.lines.push(line);
  }
  return sections.map(({ key, line, lines }) => ({ key, line, text: lines.join('\n') }));
}
