import { button, element, setAttributes } from './element.ts';
import type { Child } from './element.ts';
import { countText } from './number-text.ts';
import { hasWords } from './search.ts';
import type { Words } from './search.ts';

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  /** Numbers stand on the right, and begin with the largest when they are sorted. */
  readonly isNumber?: boolean;
  readonly className?: string;
  readonly cell: (row: Row) => Child;
  /** By what rows are sorted; absent when they cannot be. */
  readonly order?: (row: Row) => number | string;
}

/** What is in a table. */
export interface TableContent<Row> {
  /** For who does not see it. */
  readonly caption: string;
  readonly rows: readonly Row[];
  /** How many are shown before somebody asks for all. */
  readonly most?: number;
  readonly columns: readonly Column<Row>[];
  /** What a search looks into. */
  readonly text: (row: Row) => string;
  /** More of a row, that is shown on demand. */
  readonly details?: (row: Row) => HTMLElement;
}

/** Rows that are shown before somebody asks for all, unless a table says otherwise. */
const mostRows = 100;

let lastId = 0;

/** A table that can be sorted and searched. Rows are made when they are shown. */
export class DataTable<Row> {
  readonly element: HTMLElement;
  readonly #content: TableContent<Row>;
  readonly #texts = new Map<Row, string>();
  readonly #open = new Set<Row>();
  readonly #toggles = new Map<Row, HTMLButtonElement>();
  readonly #body = element('tbody');
  readonly #more = element('p', { class: 'more' });
  readonly #heads: readonly HTMLTableCellElement[];
  #sorted: { readonly column: number; readonly isDescending: boolean } | undefined;
  #words: Words = [];
  #showsAll = false;

  constructor(content: TableContent<Row>) {
    this.#content = content;
    this.#heads = content.columns.map((column, place) => this.#head(column, place));
    const table = element(
      'table',
      {},
      element('caption', { class: 'unseen' }, content.caption),
      element('thead', {}, element('tr', {}, ...this.#heads)),
      this.#body,
    );
    // Who has no pointer scrolls a wide table by keys, which need a place for the focus.
    const scrolled = { class: 'scrolled', role: 'region', tabindex: 0, 'aria-label': content.caption };
    this.element = element('div', {}, element('div', scrolled, table), this.#more);
    this.#render();
  }

  /** Shows only rows with these words. Returns how many there are. */
  filter(words: Words): number {
    this.#words = words;
    this.#showsAll = false;
    return this.#render();
  }

  /** Shows a row with its details, and takes the focus there. */
  reveal(row: Row): void {
    this.#open.add(row);
    this.#showsAll = true;
    this.#render();
    const toggle = this.#toggles.get(row);
    toggle?.focus({ preventScroll: true });
    toggle?.closest('tr')?.scrollIntoView({ block: 'center' });
  }

  /** Shows all rows, as paper needs it. */
  showAll(): void {
    this.#showsAll = true;
    this.#render();
  }

  #head({ title, isNumber = false, className, order }: Column<Row>, place: number): HTMLTableCellElement {
    const attributes = { scope: 'col', class: classes(isNumber ? 'number' : undefined, className) };
    if (order === undefined) return element('th', attributes, title);
    const sort = (): void => {
      const isAgain = this.#sorted?.column === place;
      this.#sorted = { column: place, isDescending: isAgain ? !this.#sorted?.isDescending : isNumber };
      this.#render();
    };
    return element('th', attributes, button({ class: 'sort' }, title, sort));
  }

  #render(): number {
    const { columns } = this.#content;
    for (const [place, head] of this.#heads.entries()) {
      const isSorted = this.#sorted?.column === place;
      const direction = this.#sorted?.isDescending === true ? 'descending' : 'ascending';
      setAttributes(head, { 'aria-sort': isSorted ? direction : undefined });
    }
    const found = this.#found();
    const shown = this.#showsAll ? found : found.slice(0, this.#content.most ?? mostRows);
    this.#toggles.clear();
    this.#body.replaceChildren(...shown.flatMap((row) => this.#rows(row)));
    if (found.length === 0) {
      const empty = element('td', { colspan: columns.length, class: 'empty' }, 'Nothing here matches.');
      this.#body.replaceChildren(element('tr', {}, empty));
    }
    this.#renderMore(found.length - shown.length);
    return found.length;
  }

  #renderMore(hidden: number): void {
    this.#more.replaceChildren();
    if (hidden === 0) return;
    this.#more.append(button({}, `Show ${countText(hidden)} more`, () => this.showAll()));
  }

  #found(): readonly Row[] {
    const { rows, columns } = this.#content;
    const found =
      this.#words.length === 0 ? rows : rows.filter((row) => hasWords(this.#textOf(row), this.#words));
    const order = this.#sorted === undefined ? undefined : columns[this.#sorted.column]?.order;
    if (order === undefined) return found;
    const sign = this.#sorted?.isDescending === true ? -1 : 1;
    return found.toSorted((left, right) => sign * compare(order(left), order(right)));
  }

  #textOf(row: Row): string {
    const known = this.#texts.get(row);
    if (known !== undefined) return known;
    const text = this.#content.text(row).toLowerCase();
    this.#texts.set(row, text);
    return text;
  }

  #rows(row: Row): HTMLTableRowElement[] {
    const { columns, details } = this.#content;
    const cells = columns.map(({ cell, isNumber = false, className }, place) => {
      const child = cell(row);
      const attributes = { class: classes(isNumber ? 'number' : undefined, className) };
      if (place > 0) return element('td', attributes, child);
      const head = { ...attributes, scope: 'row' };
      if (details === undefined) return element('th', head, child);
      return element('th', head, this.#toggle(row, child));
    });
    const line = element('tr', {}, ...cells);
    if (details === undefined || !this.#open.has(row)) return [line];
    const below = element('td', { colspan: columns.length }, details(row));
    const id = this.#toggles.get(row)?.getAttribute('aria-controls') ?? undefined;
    return [line, element('tr', { class: 'details', id }, below)];
  }

  #toggle(row: Row, child: Child): HTMLButtonElement {
    const isOpen = this.#open.has(row);
    lastId += 1;
    const attributes = {
      class: 'toggle',
      'aria-expanded': isOpen ? 'true' : 'false',
      // What is not there cannot be named.
      'aria-controls': isOpen ? `row-${lastId}` : undefined,
    };
    const made = button(attributes, child, () => {
      if (isOpen) this.#open.delete(row);
      else this.#open.add(row);
      this.#render();
      this.#toggles.get(row)?.focus();
    });
    this.#toggles.set(row, made);
    return made;
  }
}

function compare(left: number | string, right: number | string): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  return left < right ? -1 : left > right ? 1 : 0;
}

function classes(...names: readonly (string | undefined)[]): string | undefined {
  const given = names.filter((name) => name !== undefined);
  return given.length === 0 ? undefined : given.join(' ');
}
