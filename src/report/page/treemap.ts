import { button, element, setAttributes } from './element.ts';
import { areLinked } from './map-items.ts';
import type { MapItem } from './map-items.ts';
import { bytesText } from './number-text.ts';
import { hasWords } from './search.ts';
import type { Words } from './search.ts';
import { squarifiedTreemap } from './squarified-treemap.ts';
import type { Rectangle } from './squarified-treemap.ts';
import { treeKeyTarget } from './tree-keys.ts';

/** What the map tells its page. */
interface MapListener {
  /** Somebody wants to see an image in the list. */
  readonly onImage: (image: number) => void;
}

/** Height of the strip with the name of a group, in pixels. */
const strip = 20;

/**
 * The map of bytes: a tree of groups and cells, drawn as rectangles as large as their sizes. To assistive technology it is a tree, and keys move in it as
 * they do in one (ARIA Authoring Practices, "Tree View").
 */
export class Treemap {
  readonly element: HTMLElement;
  readonly #groups: readonly MapItem[];
  readonly #listener: MapListener;
  readonly #tree = element('div', { class: 'map', role: 'tree', 'aria-label': 'Bytes by image and layer' });
  readonly #told = element('p', { class: 'told' });
  readonly #back = button({ class: 'back', hidden: true }, 'Show the whole bundle', () =>
    this.#zoom(undefined),
  );
  readonly #drawn = new Map<HTMLElement, MapItem>();
  #zoomed: MapItem | undefined;
  #words: Words = [];

  constructor(groups: readonly MapItem[], listener: MapListener) {
    this.#groups = groups.filter(({ size }) => size > 0);
    this.#listener = listener;
    const below = element('div', { class: 'below-map' }, this.#told, this.#back);
    this.element = element('div', {}, this.#tree, below);
    this.#tree.addEventListener('keydown', (event) => this.#onKey(event));
    this.#tree.addEventListener('click', (event) => this.#onClick(event));
    this.#tree.addEventListener('focusin', (event) => this.#tell(this.#itemAt(event.target)));
    this.#tree.addEventListener('pointerover', (event) => this.#tell(this.#itemAt(event.target)));
    new ResizeObserver(() => this.#draw()).observe(this.#tree);
  }

  /** Marks what has these words. */
  filter(words: Words): void {
    this.#words = words;
    this.#mark();
  }

  #draw(): void {
    const { clientWidth: width, clientHeight: height } = this.#tree;
    const active = [...this.#drawn].find(([node]) => node === document.activeElement)?.[1];
    this.#drawn.clear();
    const groups = this.#zoomed === undefined ? this.#groups : [this.#zoomed];
    const sizes = groups.map(({ size }) => size);
    const frame = { left: 0, top: 0, width: Math.max(width, 1), height: Math.max(height, 1) };
    const rectangles = squarifiedTreemap(sizes, frame);
    const nodes = groups.flatMap((group, index) => this.#group(group, rectangles[index] ?? frame, frame));
    this.#tree.replaceChildren(...nodes);
    this.#mark();
    const again = [...this.#drawn].find(([, item]) => item === active)?.[0];
    const [first] = this.#drawn.keys();
    setAttributes(again ?? first ?? this.#tree, { tabindex: 0 });
    again?.focus({ preventScroll: true });
    this.#tell(active);
  }

  /** A group, and the cells in it. They stand beside it, so that its name is not theirs, too. */
  #group(group: MapItem, rectangle: Rectangle, frame: Rectangle): HTMLElement[] {
    const hasStrip = rectangle.height > 44 && rectangle.width > 48;
    const top = hasStrip ? strip : 0;
    const height = Math.max(rectangle.height - top, 1);
    const inner = { ...rectangle, top: rectangle.top + top, height };
    const cells = group.cells.filter(({ size }) => size > 0);
    const node = this.#node(group, 'group', 1);
    setAttributes(node, { 'aria-expanded': cells.length > 0 ? 'true' : undefined });
    setPlace(node, rectangle, frame);
    if (hasStrip) {
      const size =
        rectangle.width > 130 ? element('span', { class: 'size' }, bytesText(group.size)) : undefined;
      const name = element('span', { class: 'name' }, group.label);
      node.append(element('span', { class: 'strip' }, name, ' ', size));
    }
    const sizes = cells.map(({ size }) => size);
    const rectangles = squarifiedTreemap(sizes, inner);
    return [node, ...cells.map((cell, index) => this.#cell(cell, rectangles[index] ?? inner, frame))];
  }

  #cell(cell: MapItem, rectangle: Rectangle, frame: Rectangle): HTMLElement {
    const node = this.#node(cell, `cell ${cell.className}`, 2);
    setPlace(node, rectangle, frame);
    if (rectangle.width > 62 && rectangle.height > 20) {
      const name = rectangle.height > 38 ? element('span', { class: 'name' }, cell.label) : undefined;
      const size = element('span', { class: 'size' }, bytesText(cell.size));
      node.append(element('span', { class: 'label' }, name, ' ', size));
    }
    return node;
  }

  #node(item: MapItem, className: string, level: number): HTMLElement {
    const named = { 'aria-level': level, 'aria-label': item.description };
    const node = element('div', { class: className, role: 'treeitem', tabindex: -1, ...named });
    this.#drawn.set(node, item);
    return node;
  }

  #mark(): void {
    for (const [node, item] of this.#drawn) {
      const isFound =
        this.#words.length === 0 ||
        hasWords(item.text, this.#words) ||
        item.cells.some(({ text }) => hasWords(text, this.#words));
      node.classList.toggle('dim', !isFound);
    }
  }

  /** Says what an item is, and shows what it has to do with others. */
  #tell(item: MapItem | undefined): void {
    for (const [node, other] of this.#drawn)
      node.classList.toggle('linked', item !== undefined && areLinked(item, other));
    this.#told.textContent =
      item?.description ?? 'Point at a rectangle, or move with the arrow keys, to read what it is.';
    const image = item?.image;
    if (image === undefined) return;
    this.#told.append(
      ' ',
      button({ class: 'link' }, 'Show in the list', () => this.#listener.onImage(image)),
    );
  }

  #itemAt(target: EventTarget | null): MapItem | undefined {
    const node = nodeAt(target);
    return node === undefined ? undefined : this.#drawn.get(node);
  }

  #onClick({ target }: Event): void {
    const node = nodeAt(target);
    if (node === undefined) return;
    this.#focus(node);
    const item = this.#drawn.get(node);
    const isStrip = target instanceof Element && target.closest('.strip') !== null;
    if (isStrip && item !== undefined) this.#zoom(this.#zoomed === undefined ? item : undefined);
  }

  #onKey(event: KeyboardEvent): void {
    const node = nodeAt(event.target);
    const item = node === undefined ? undefined : this.#drawn.get(node);
    if (node === undefined || item === undefined || hasModifier(event)) return;
    const next = treeKeyTarget(event.key, node, [...this.#drawn.keys()]);
    if (next === undefined && !this.#act(event.key, item)) return;
    if (next !== undefined) this.#focus(next);
    event.preventDefault();
  }

  /** Does what a key asks for that leads nowhere else. */
  #act(key: string, item: MapItem): boolean {
    const isOpening = key === 'Enter' || key === ' ';
    const isClosing = key === 'Escape' && this.#zoomed !== undefined;
    if (isOpening) this.#open(item);
    else if (isClosing) this.#zoom(undefined);
    return isOpening || isClosing;
  }

  #open(item: MapItem): void {
    if (item.cells.length > 0) this.#zoom(this.#zoomed === undefined ? item : undefined);
    else if (item.image !== undefined) this.#listener.onImage(item.image);
  }

  #zoom(group: MapItem | undefined): void {
    const from = this.#zoomed;
    this.#zoomed = group;
    setAttributes(this.#back, { hidden: group === undefined });
    this.#draw();
    const target = [...this.#drawn].find(([, item]) => item === (group ?? from))?.[0];
    if (target !== undefined) this.#focus(target);
  }

  #focus(node: HTMLElement): void {
    for (const other of this.#drawn.keys()) setAttributes(other, { tabindex: other === node ? 0 : -1 });
    node.focus({ preventScroll: true });
  }
}

function hasModifier({ ctrlKey, altKey, metaKey }: KeyboardEvent): boolean {
  return ctrlKey || altKey || metaKey;
}

function nodeAt(target: EventTarget | null): HTMLElement | undefined {
  return target instanceof Element
    ? (target.closest<HTMLElement>('[role=treeitem]') ?? undefined)
    : undefined;
}

/** In percent: it fits when the page becomes narrower on its way to paper. */
function setPlace(node: HTMLElement, rectangle: Rectangle, frame: Rectangle): void {
  node.style.setProperty('left', `${(rectangle.left / frame.width) * 100}%`);
  node.style.setProperty('top', `${(rectangle.top / frame.height) * 100}%`);
  node.style.setProperty('width', `${(rectangle.width / frame.width) * 100}%`);
  node.style.setProperty('height', `${(rectangle.height / frame.height) * 100}%`);
}
