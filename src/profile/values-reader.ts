import { packContent } from './pack-content.ts';
import type { PackContent } from './pack-content.ts';
import { parseTemplatedYaml } from './templated-yaml.ts';
import type { TemplatedYaml } from './templated-yaml.ts';
import type { Place } from './yaml-tree.ts';

/**
 * Reads the values of packs. Trees take ten times the memory of their text, so none is kept but the last: what is needed
 * of all packs is gathered as {@link PackContent}. Profiles have many packs in common: each text is visited once. Lives for
 * one run.
 */
export class ValuesReader {
  readonly #contents = new Map<string, PackContent>();
  #last: { readonly text: string; readonly title: string; readonly yaml: TemplatedYaml } | undefined;

  /** @throws PaletteEdgeError as {@link parseTemplatedYaml} does */
  trees(text: string, place: Place): TemplatedYaml {
    // Errors name the pack.
    const title = place(1, 1);
    if (this.#last?.text !== text || this.#last.title !== title)
      this.#last = { text, title, yaml: parseTemplatedYaml(text, place) };
    return this.#last.yaml;
  }

  /** @throws PaletteEdgeError as {@link parseTemplatedYaml} does */
  content(text: string, place: Place): PackContent {
    const known = this.#contents.get(text);
    if (known !== undefined) return known;
    const content = packContent(text, this.trees(text, place));
    // What could not be read is told with the name of the pack.
    if (content.unreadSections.length === 0) this.#contents.set(text, content);
    return content;
  }
}
