import { element } from './element.ts';
import { countText } from './number-text.ts';
import type { PageSection } from './page-section.ts';
import { wordsOf } from './search.ts';
import type { Words } from './search.ts';

/**
 * The field that searches the whole page. The key / leads to it, Escape empties it.
 *
 * @param sections what is searched
 * @param onSearch told of the words, for what is no table
 */
export function searchField(sections: readonly PageSection[], onSearch: (words: Words) => void): HTMLElement {
  const attributes = {
    type: 'search',
    id: 'search',
    placeholder: 'Search',
    autocomplete: 'off',
    spellcheck: 'false',
  };
  const input = element('input', attributes);
  const found = element('p', { class: 'found', role: 'status' });
  const search = (): void => {
    const words = wordsOf(input.value);
    onSearch(words);
    const counts = sections.flatMap((section) => countedIn(section, words));
    found.textContent = words.length === 0 ? '' : foundText(counts);
  };
  input.addEventListener('input', search);
  input.addEventListener('keydown', ({ key }) => {
    if (key !== 'Escape' || input.value === '') return;
    input.value = '';
    search();
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    event.preventDefault();
    input.focus();
  });
  const label = element('label', { for: 'search', class: 'unseen' }, 'Search images, files and packages');
  return element(
    'div',
    { class: 'search', role: 'search' },
    label,
    input,
    element('kbd', { 'aria-hidden': 'true' }, '/'),
    found,
  );
}

type Counted = readonly [count: number, noun: string];

function countedIn({ element: section, search }: PageSection, words: Words): Counted[] {
  if (search === undefined) {
    return [];
  }
  const count = search.filter(words);
  section.classList.toggle('without-finds', count === 0 && words.length > 0);
  return [[count, search.noun]];
}

function foundText(counts: readonly Counted[]): string {
  const some = counts.filter(([count]) => count > 0);
  if (some.length === 0) return 'Nothing found';
  return some.map(([count, noun]) => `${countText(count)} ${noun}${count === 1 ? '' : 's'}`).join(', ');
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches('input, textarea, select');
}
