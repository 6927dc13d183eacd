import type { PageData } from '../html-page-data.ts';
import { element, foreignText } from './element.ts';
import { countText } from './number-text.ts';
import { pageSection } from './page-section.ts';
import type { PageSection } from './page-section.ts';

/** Who signed the bundle, and what is to be known of that. */
export function trustSection({ signatures, bundle }: PageData): PageSection {
  const content = { id: 'signatures', title: 'Signatures', count: signatures.length };
  const inventory = element('p', {}, 'Inventory ', element('code', {}, bundle.inventory));
  if (signatures.length === 0) {
    const empty = element('p', { class: 'empty' }, 'Nobody has signed this bundle.');
    return pageSection(content, empty, inventory);
  }
  const items = signatures.map(({ algorithm, keyId, checkedWith }) =>
    element(
      'li',
      {},
      checkedWith === undefined
        ? element('strong', { class: 'unchecked' }, '? Not checked')
        : element('strong', { class: 'checked' }, '✓ Checked with ', foreignText(checkedWith)),
      element('span', { class: 'note' }, `${algorithm}, key `, element('code', {}, keyId)),
    ),
  );
  const isChecked = signatures.every(({ checkedWith }) => checkedWith !== undefined);
  const note = isChecked
    ? undefined
    : 'A signature that nobody checked says nothing: palette-edge verify --public-key checks it.';
  return pageSection({ ...content, note }, element('ul', { class: 'signatures' }, ...items), inventory);
}

/** More would hide everything else. */
const mostWarnings = 500;

/** What whoever made the report was warned of; undefined when there was nothing. */
export function warningSection({ warnings }: PageData): PageSection | undefined {
  if (warnings.length === 0) return undefined;
  const items = warnings
    .slice(0, mostWarnings)
    .map(({ code, message }) => element('li', {}, foreignText(message), ' ', element('code', {}, code)));
  const rest = warnings.length - items.length;
  if (rest > 0) items.push(element('li', {}, `and ${countText(rest)} more`));
  const list = element('ul', {}, ...items);
  const isShort = items.length <= 3;
  const content = isShort ? list : element('details', {}, element('summary', {}, 'Show all'), list);
  const section = pageSection({ id: 'warnings', title: 'Warnings', count: warnings.length }, content);
  section.element.classList.add('warnings');
  return section;
}
