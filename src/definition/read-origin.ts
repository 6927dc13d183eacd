import { waysOfDiscovery } from '../oci/origin.ts';
import type { Origin } from '../oci/origin.ts';
import type { DefinitionNode } from './definition-node.ts';

const fieldNames = [
  'kind',
  'flag',
  'file',
  'line',
  'key',
  'profile',
  'pack',
  'how',
  'service',
  'version',
] as const;

/**
 * Reads a place that asked for an image. Companions are in no definition: they are looked for when the bundle is built.
 *
 * @throws PaletteEdgeError `DEFINITION_INVALID` (kind usage)
 */
export function readOrigin(node: DefinitionNode): Origin {
  const { kind, flag, file, line, key, profile, pack, how, service, version } = node.fields(fieldNames);
  const lineNumber = (): number => line.wholeNumber(0, Number.MAX_SAFE_INTEGER);
  const optionalLine = line.isEmpty ? undefined : lineNumber();
  switch (kind.text()) {
    case 'flag':
      return { kind: 'flag', flag: flag.optional((given) => oneOf(given, ['chart'] as const)) };
    case 'list':
      return { kind: 'list', file: file.text(), line: lineNumber() };
    case 'manifest':
      return { kind: 'manifest', file: file.text(), line: lineNumber(), key: key.text() };
    case 'profile':
      return {
        kind: 'profile',
        profile: profile.text(),
        pack: pack.text(),
        key: key.text(),
        line: optionalLine,
      };
    case 'discovered':
      return {
        kind: 'discovered',
        profile: profile.optional((given) => given.text()),
        pack: pack.optional((given) => given.text()),
        key: key.text(),
        line: optionalLine,
        how: oneOf(how, waysOfDiscovery),
      };
    case 'palette':
      return { kind: 'palette', service: service.text(), version: version.text() };
    default:
      throw kind.invalid('expected flag, list, manifest, profile, discovered or palette');
  }
}

function oneOf<T extends string>(node: DefinitionNode, values: readonly T[]): T {
  const text = node.text();
  const value = values.find((known) => known === text);
  if (value === undefined) throw node.invalid(`expected ${values.join(', ')}`);
  return value;
}
