import { isAlias, LineCounter, parseDocument, visit } from 'yaml';
import type { Document } from 'yaml';

import { invalidDefinition } from './definition-node.ts';
import type { LineOf } from './definition-node.ts';

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
 * @throws PaletteEdgeError `DEFINITION_INVALID` (kind usage) with line
 */
export function parseDefinitionYaml(text: string, file: string): DefinitionYaml {
  if (text.length > maximumLength) {
    throw invalidDefinition(file, `it has more than ${maximumLength} characters`, ['Is it the right file?']);
  }
  const lineCounter = new LineCounter();
  const lineOf: LineOf = (offset) => Math.max(1, lineCounter.linePos(offset).line);
  // Keys that are there twice are found when they are read: the library compares every key with every other.
  const document = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: 'silent',
  });
  const [error] = document.errors;
  if (error !== undefined) {
    const reason = error.code === 'RESOURCE_EXHAUSTION' ? 'it is nested too deeply' : error.message;
    throw invalidDefinition(`${file}:${lineOf(error.pos[0])}`, reason);
  }
  visit(document, (_, node) => {
    if (!isAlias(node)) return;
    const line = lineOf(node.range?.[0] ?? 0);
    throw invalidDefinition(`${file}:${line}`, 'it has an alias (*…), which a definition cannot have', [
      'Write out what it stands for.',
    ]);
  });
  return { document, lineOf };
}
