import { shownText } from './shown-text.ts';
import { mapField } from './yaml-fields.ts';
import type { YamlMap, YamlNode } from './yaml-tree.ts';

/** What a document is instead of the expected, for messages: its keys and those of its `spec`, never a value. */
export function foundKeys(root: YamlNode): string {
  if (root.kind !== 'map') return root.kind === 'list' ? 'a list' : 'a single value';
  const spec = mapField(root, 'spec');
  return `the keys ${keyNames(root)}${spec === undefined ? '' : ` (in spec: ${keyNames(spec)})`}`;
}

function keyNames(map: YamlMap): string {
  const names = [...map.entries.keys()].slice(0, 12).map(shownText);
  return names.length === 0 ? '(none)' : names.join(', ');
}
