/** An element of a document that S3 answers with. */
export interface XmlElement {
  /** Without a namespace prefix. */
  readonly name: string;
  /** All text directly in it. */
  readonly text: string;
  readonly children: readonly XmlElement[];
}

interface OpenElement {
  readonly name: string;
  text: string;
  readonly children: XmlElement[];
}

const deepest = 8;
/** A declaration, a comment, CDATA, a tag, or text; a document type is none of them. */
const token =
  /<\?[^?]*\?>|<!--[^-]*(?:-[^-]+)*-->|<!\[CDATA\[([^\]]*(?:\][^\]]+)*)\]\]>|<(\/?)([A-Za-z_][\w.:-]*)((?:[^<>"'/]|"[^"<]*"|'[^'<]*')*)(\/?)>|([^<]+)/y;

/**
 * Reads the XML that S3 writes: elements and text, five entities. No document types, so nothing in it can grow.
 *
 * @returns the root; undefined for anything else
 */
export function readXml(document: string): XmlElement | undefined {
  const top: OpenElement = { name: '', text: '', children: [] };
  const open: OpenElement[] = [top];
  token.lastIndex = 0;
  while (token.lastIndex < document.length) {
    const found = token.exec(document);
    if (found === null || !take(open, found)) return undefined;
  }
  const [root, ...more] = top.children;
  return open.length === 1 && more.length === 0 && top.text.trim() === '' ? root : undefined;
}

/** The text of a child, if there is one of that name. */
export function childText(element: XmlElement | undefined, name: string): string | undefined {
  return element?.children.find((child) => child.name === name)?.text;
}

/** @returns whether it fits there */
function take(open: OpenElement[], [, data, slash, tag, , end, text]: RegExpExecArray): boolean {
  const current = open.at(-1);
  if (current === undefined) return false;
  if (data !== undefined) current.text += data;
  if (text !== undefined) current.text += unescaped(text.replace(/^\uFEFF/, ''));
  if (tag === undefined) return true;
  const name = tag.slice(tag.indexOf(':') + 1);
  if (slash !== '/') {
    const element: OpenElement = { name, text: '', children: [] };
    current.children.push(element);
    if (end !== '/') open.push(element);
    return open.length <= deepest;
  }
  open.pop();
  return open.length > 0 && current.name === name;
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replaceAll(/&(?:#\d{1,7}|#x[\da-f]{1,6}|\w{2,4});/gi, (reference) => {
    const name = reference.slice(1, -1);
    if (!name.startsWith('#')) return entities[name] ?? reference;
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code <= 0x10ffff ? String.fromCodePoint(code) : reference;
  });
}
