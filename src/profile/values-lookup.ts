import { ownText } from './own-text.ts';
import type { ParsedPack } from './profile-set.ts';
import type { TemplatedYaml } from './templated-yaml.ts';
import { findPath } from './yaml-fields.ts';

/** What stands at a path of values. */
type ValueAtPath = { readonly kind: 'scalar'; readonly text: string } | { readonly kind: 'map' | 'list' };

/** Characters of values whose trees are kept: about 10 MB of trees. */
const maximumKept = 1024 * 1024;

/**
 * Looks for what macros point to. Any macro may point into any pack, and most point into a few: the trees used last are
 * kept, and every answer. Lives for one run.
 */
export class ValuesLookup {
  /** By text of the values and path: profiles have many packs in common. */
  readonly #answers = new Map<string, Map<string, ValueAtPath | undefined>>();
  /** By text of the values, the one used last at the end. */
  readonly #trees = new Map<string, TemplatedYaml>();
  #kept = 0;

  /** @returns undefined when there is nothing at the path */
  find(pack: ParsedPack, path: string): ValueAtPath | undefined {
    const answers = this.#answers.get(pack.values) ?? new Map<string, ValueAtPath | undefined>();
    this.#answers.set(pack.values, answers);
    if (!answers.has(path))
      answers.set(path, mayHold(pack.values, path) ? this.#search(pack, path) : undefined);
    return answers.get(path);
  }

  #search(pack: ParsedPack, path: string): ValueAtPath | undefined {
    for (const { root } of this.#treesOf(pack).documents) {
      const node = findPath(root, path);
      if (node !== undefined)
        return node.kind === 'scalar' ? { kind: 'scalar', text: ownText(node.text) } : { kind: node.kind };
    }
    return undefined;
  }

  #treesOf(pack: ParsedPack): TemplatedYaml {
    const text = pack.values;
    const trees = this.#trees.get(text) ?? pack.trees();
    this.#letGo(text);
    this.#trees.set(text, trees);
    this.#kept += text.length;
    for (const oldest of this.#trees.keys()) {
      // However large it is, the last one stays: the next macro is likely to point there too.
      if (this.#kept <= maximumKept || oldest === text) break;
      this.#letGo(oldest);
    }
    return trees;
  }

  #letGo(text: string): void {
    if (this.#trees.delete(text)) this.#kept -= text.length;
  }
}

/**
 * Whether the keys of a path are written in the text: packs of one name in many profiles are all looked at for a path that
 * none has. Where anything is escaped, a key may be too.
 */
function mayHold(text: string, path: string): boolean {
  if (text.includes('\\')) return true;
  return path.split(/[.[\]]/).every((part) => !/^[\w-]*[A-Za-z][\w-]*$/.test(part) || text.includes(part));
}
