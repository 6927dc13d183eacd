import { blockTree } from './block-tree.ts';
import { jsonTree } from './json-tree.ts';
import type { TreeLimits } from './json-tree.ts';
import type { ParseOptions, YamlNode } from './yaml-tree.ts';

/**
 * The tree of what is JSON, or YAML of the simple kind: the library takes ten times as long for it, and as much memory.
 *
 * @returns undefined for anything else, mistakes included
 */
export function simpleTree(text: string, options: ParseOptions, limits: TreeLimits): YamlNode | undefined {
  const { unmask = (masked: string) => masked, firstLine = 1 } = options;
  if (!/^\s*\{/.test(text)) return blockTree(text, { unmask, firstLine, limits });
  return options.unmask === undefined && firstLine === 1 ? jsonTree(text, limits) : undefined;
}
