/** What an element can hold: text is text, whatever is in it. */
export type Child = Node | string | undefined;

/** Attributes; false and undefined leave one out, true has no value. */
type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** Makes an element. Nothing here becomes markup: names in bundles are from outside. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  setAttributes(made, attributes);
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

/** Sets attributes of an element; false and undefined remove one. */
export function setAttributes(target: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) target.removeAttribute(name);
    else target.setAttribute(name, value === true ? '' : String(value));
  }
}

/** A button that does something. */
export function button(attributes: Attributes, child: Child, onClick: () => void): HTMLButtonElement {
  const made = element('button', { type: 'button', ...attributes }, child);
  made.addEventListener('click', onClick);
  return made;
}

/** Text of a bundle, which keeps its direction of writing to itself. */
export function foreignText(text: string, className?: string): HTMLElement {
  return element('bdi', { class: className }, text);
}
