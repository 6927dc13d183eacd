import type { YamlEntry, YamlList, YamlMap, YamlNode, YamlScalar } from './yaml-tree.ts';

/** The entry of a mapping, or undefined when there is none or the node is no mapping. */
export function entryOf(node: YamlNode | undefined, key: string): YamlEntry | undefined {
  return node?.kind === 'map' ? node.entries.get(key) : undefined;
}

/** The field of a mapping when it is a mapping. */
export function mapField(node: YamlNode | undefined, key: string): YamlMap | undefined {
  const value = entryOf(node, key)?.value;
  return value?.kind === 'map' ? value : undefined;
}

/** The field of a mapping when it is a list. */
export function listField(node: YamlNode | undefined, key: string): YamlList | undefined {
  const value = entryOf(node, key)?.value;
  return value?.kind === 'list' ? value : undefined;
}

/** The field of a mapping when it is a single value that is not null. */
export function scalarField(node: YamlNode | undefined, key: string): YamlScalar | undefined {
  const value = entryOf(node, key)?.value;
  return value?.kind === 'scalar' && value.type !== 'null' ? value : undefined;
}

/** The text of a field, or undefined when it has none. */
export function textField(node: YamlNode | undefined, key: string): string | undefined {
  return scalarField(node, key)?.text;
}

/** Whether there is nothing: no node at all, or null. */
export function isAbsent(node: YamlNode | undefined): boolean {
  return node === undefined || (node.kind === 'scalar' && node.type === 'null');
}

/**
 * Follows a dotted path. Keys may contain dots themselves: the longest key that fits is tried first. Lists take
 * `items.0` and `items[0]`.
 *
 * @returns the node, or undefined when there is none
 */
export function findPath(root: YamlNode, path: string): YamlNode | undefined {
  return follow(root, path, { steps: 0 });
}

const maximumSteps = 10_000;

function follow(node: YamlNode, path: string, budget: { steps: number }): YamlNode | undefined {
  if (path === '') return node;
  budget.steps += 1;
  if (budget.steps > maximumSteps) return undefined;
  const lengths = node.kind === 'list' ? indexLengths(path) : keyLengths(path);
  for (const length of lengths) {
    const child = childOf(node, path.slice(0, length));
    const found = child === undefined ? undefined : follow(child, withoutDot(path.slice(length)), budget);
    if (found !== undefined) return found;
  }
  return undefined;
}

function childOf(node: YamlNode, step: string): YamlNode | undefined {
  if (node.kind === 'map') return node.entries.get(step)?.value;
  return node.kind === 'list' ? node.items[Number(step.replaceAll(/[[\]]/g, ''))] : undefined;
}

/** Where a key could end, longest first: before every dot and bracket, and at the end. */
function keyLengths(path: string): number[] {
  const lengths = [path.length];
  for (let at = path.length - 1; at > 0; at -= 1) if (path[at] === '.' || path[at] === '[') lengths.push(at);
  return lengths;
}

function indexLengths(path: string): number[] {
  const index = /^(?:\[\d{1,9}\]|\d{1,9})(?=[.[]|$)/.exec(path);
  return index === null ? [] : [index[0].length];
}

function withoutDot(path: string): string {
  return path.startsWith('.') ? path.slice(1) : path;
}
