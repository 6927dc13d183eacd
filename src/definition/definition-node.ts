import { PaletteEdgeError } from '../errors.ts';
import type { DocumentNode } from '../io/document-node.ts';

/** A piece of a definition. What it says of itself is `DEFINITION_INVALID` (kind usage). */
export type DefinitionNode = DocumentNode;

/** The error for a definition that is not as docs/definition-file.md says. */
export function invalidDefinition(
  place: string,
  reason: string,
  suggestions: readonly string[] = [],
): PaletteEdgeError {
  return new PaletteEdgeError('DEFINITION_INVALID', `${place}: ${reason}`, {
    kind: 'usage',
    suggestions:
      suggestions.length > 0 ? suggestions : ['docs/definition-file.md says what a definition holds.'],
  });
}
