import { Document, isMap, isScalar, visit } from 'yaml';

import type { Json } from '../io/canonical-json.ts';
import type { Emission, EmissionEngine } from './emission.ts';

/** Characters that move what stands beside them, or end lines for some readers. */
const unseen = /[^\P{Cc}\n\t]|\p{Bidi_Control}|[\u2028\u2029]/u;

/**
 * Documents as YAML with a head that says where they are from. What readers of YAML 1.1 would take for something else than text (`on`, `1e3`)
 * is quoted. The same documents give the same bytes.
 *
 * @param comments by the value that they stand behind
 */
export function emittedYaml(
  head: readonly string[],
  documents: readonly Json[],
  comments: ReadonlyMap<string, string> = new Map(),
): string {
  const texts = documents.map((value) => {
    const document = new Document(value, { compat: 'yaml-1.1', aliasDuplicateObjects: false });
    visit(document, {
      Pair: (_, { value: node }) => {
        const comment = isScalar(node) ? comments.get(String(node.value)) : undefined;
        if (isScalar(node) && comment !== undefined) node.comment = ` ${comment}`;
        // {} and [] say more than nothing would.
        if (isMap(node) && node.items.length === 0) node.flow = true;
      },
      Scalar: (_, node) => {
        if (typeof node.value === 'string' && node.value.search(unseen) >= 0) node.type = 'QUOTE_DOUBLE';
      },
    });
    // A line that is folded would be read, too, but not by people.
    return document.toString({ lineWidth: 0 });
  });
  const text = `${head.map((line) => `# ${line}\n`).join('')}${texts.join('---\n')}`;
  // Only in quotes are there any: what terminals would show otherwise stays readable, and is the same for readers of YAML.
  return text.replaceAll(
    new RegExp(unseen, 'gu'),
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The first lines of a file for an engine. */
export function emittedHead(engine: EmissionEngine, { fleetFile, version }: Emission): readonly string[] {
  return [
    `Written by palette-edge ${version}: palette-edge fleet plan ${fleetFile} --emit ${engine}`,
    'Do not edit: it is written anew when the fleet or its state has changed.',
  ];
}
