import type { DataTable } from './data-table.ts';
import { element } from './element.ts';
import type { Child } from './element.ts';
import { countText } from './number-text.ts';
import type { Words } from './search.ts';

/** A part of the page with a title. */
export interface PageSection {
  readonly id: string;
  /** For the list of parts. */
  readonly title: string;
  readonly element: HTMLElement;
  /** Of one that can be searched. */
  readonly search?: SectionSearch;
}

/** A part of the page that can be searched. */
interface SectionSearch {
  /** What is found, as in `3 images`. */
  readonly noun: string;
  /** Shows what has these words, and tells how much that is. */
  readonly filter: (words: Words) => number;
  /** Shows everything, as paper needs it. */
  readonly showAll: () => void;
}

/** What a part of the page consists of. */
interface SectionContent {
  readonly id: string;
  readonly title: string;
  /** How much is in it. */
  readonly count?: number;
  /** Said below the title. */
  readonly note?: string | undefined;
}

/** Makes a part of the page. */
export function pageSection(
  { id, title, count, note }: SectionContent,
  ...children: readonly Child[]
): PageSection {
  const counted = count === undefined ? undefined : element('span', { class: 'count' }, countText(count));
  const heading = element('h2', { id: `${id}-title`, tabindex: -1 }, title, counted);
  const said = note === undefined ? undefined : element('p', { class: 'note' }, note);
  const attributes = { id, 'aria-labelledby': `${id}-title` };
  return { id, title, element: element('section', attributes, heading, said, ...children) };
}

/** Makes a part of the page that is a table; one without rows says why. */
export function tableSection<Row>(
  content: SectionContent & { readonly noun: string; readonly empty: string },
  table: DataTable<Row> | undefined,
): PageSection {
  if (table === undefined || content.count === 0)
    return pageSection(content, element('p', { class: 'empty' }, content.empty));
  const section = pageSection(content, table.element);
  return {
    ...section,
    search: {
      noun: content.noun,
      filter: (words) => {
        const found = table.filter(words);
        const counted = section.element.querySelector('.count');
        const all = countText(content.count ?? 0);
        if (counted !== null)
          counted.textContent = words.length === 0 ? all : `${countText(found)} of ${all}`;
        return found;
      },
      showAll: () => table.showAll(),
    },
  };
}
