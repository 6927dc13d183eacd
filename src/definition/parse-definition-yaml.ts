import { isAlias, visit } from 'yaml';
import type { Document } from 'yaml';

import type { LineOf } from '../io/document-node.ts';
import { parseYamlText } from '../io/parse-yaml-text.ts';
import { invalidDefinition } from './definition-node.ts';

/** A definition as YAML has it, comments and all. */
export interface DefinitionYaml {
  readonly document: Document.Parsed;
  readonly lineOf: LineOf;
}

/** Some 10 000 images with their origins. */
const maximumLength = 8 * 1024 * 1024;

/**
 * Parses the YAML of a definition. Aliases are refused: what is written once is changed in one place.
 *
 * @param file base name, for messages
 * @throws PaletteEdgeError `DEFINITION_INVALID` (kind usage) with line, and column where it is no YAML
 */
export function parseDefinitionYaml(text: string, file: string): DefinitionYaml {
  if (text.length > maximumLength) {
    throw invalidDefinition(file, `it has more than ${maximumLength} characters`, ['Is it the right file?']);
  }
  const { document, lineOf } = parseYamlText(text, { file, invalid: invalidDefinition });
  visit(document, (_, node) => {
    if (!isAlias(node)) return;
    const line = lineOf(node.range?.[0] ?? 0);
    throw invalidDefinition(`${file}:${line}`, 'it has an alias (*…), which a definition cannot have', [
      'Write out what it stands for.',
    ]);
  });
  return { document, lineOf };
}
