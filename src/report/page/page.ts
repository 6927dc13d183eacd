import type { PageData } from '../html-page-data.ts';
import { contentTables } from './content-tables.ts';
import { button, element } from './element.ts';
import { imageTable } from './image-table.ts';
import { mapSection } from './map-section.ts';
import { overview } from './overview.ts';
import { tableSection } from './page-section.ts';
import type { PageSection } from './page-section.ts';
import { savings } from './savings.ts';
import { searchField } from './search-field.ts';
import { themeSwitch } from './theme-switch.ts';
import { trustSection, warningSection } from './trust-section.ts';

showPage(readData());

/** Whoever wrote the page wrote this, too: it has the shape that is expected. */
function readData(): PageData {
  const text = document.querySelector('#data')?.textContent ?? '';
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return JSON.parse(text) as PageData;
}

function showPage(data: PageData): void {
  const table = imageTable(data);
  const images = tableSection(
    {
      id: 'images',
      title: 'Images',
      count: data.images.length,
      noun: 'image',
      empty: 'The bundle has no images.',
    },
    table,
  );
  const map = mapSection(data, (place) => {
    const image = data.images[place];
    if (image !== undefined) table.reveal(image);
  });
  const warnings = warningSection(data);
  const sections = [
    ...(warnings === undefined ? [] : [warnings]),
    map,
    savings(data),
    images,
    ...contentTables(data),
    trustSection(data),
  ];
  const main = element('main', { id: 'main' }, overview(data), ...sections.map((section) => section.element));
  const search = searchField(sections, (words) => map.map.filter(words));
  document.body.replaceChildren(skipLink(), header(search), contents(sections), main, footer(data));
  addEventListener('beforeprint', () => {
    for (const section of sections) if (section.id !== 'packages') section.search?.showAll();
  });
}

function skipLink(): HTMLElement {
  return element('a', { class: 'skip', href: '#main' }, 'To the content');
}

function header(search: HTMLElement): HTMLElement {
  const mark = element('span', { class: 'mark', 'aria-hidden': 'true' });
  const brand = element('p', { class: 'brand' }, mark, 'palette-edge', element('span', {}, 'report'));
  const print = button({ class: 'print' }, 'Print', () => globalThis.print());
  return element('header', {}, brand, search, element('div', { class: 'tools' }, print, themeSwitch()));
}

function contents(sections: readonly PageSection[]): HTMLElement {
  const links = sections.map(({ id, title }) => element('li', {}, element('a', { href: `#${id}` }, title)));
  return element('nav', { 'aria-label': 'Contents' }, element('ul', {}, ...links));
}

function footer({ bundle }: PageData): HTMLElement {
  const text = `Bundle written by ${bundle.writtenBy}, report by ${bundle.reportedBy}. The same bundle gives the same report. Nothing was loaded from a network.`;
  return element('footer', {}, element('p', {}, text));
}
