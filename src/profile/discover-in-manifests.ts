import { fullReferenceIn } from './discover-reference.ts';
import type { FoundImage } from './discover-reference.ts';
import { shownText } from './shown-text.ts';
import { mapField, textField } from './yaml-fields.ts';
import type { YamlMap, YamlNode } from './yaml-tree.ts';

/**
 * Finds references in full where objects of Kubernetes keep them besides their image fields: arguments and environment of
 * containers (`--config-reloader=quay.io/…`), fields of custom resources, data of config maps, defaults in definitions of
 * custom resources. Each may be an image that a controller starts, or only a word.
 */
export function discoverInManifests(root: YamlNode): FoundImage[] {
  const found: FoundImage[] = [];
  visit(root, { path: '', kind: '' }, found);
  return found;
}

interface Position {
  readonly path: string;
  /** Kind of the object that the node is in. */
  readonly kind: string;
}

const kindsPassedOver: ReadonlySet<string> = new Set(['Secret', 'HelmRelease', 'Application']);
/** Metadata has what kubectl applied last; a status tells what ran once. */
const fieldsPassedOver: ReadonlySet<string> = new Set(['metadata', 'status']);

function visit(node: YamlNode, { path, kind }: Position, found: FoundImage[]): void {
  if (node.kind === 'map') return visitMap(node, { path, kind }, found);
  if (node.kind === 'list') {
    for (const [index, item] of node.items.entries()) visit(item, { path: `${path}[${index}]`, kind }, found);
    return;
  }
  if (node.type !== 'string' || !node.text.includes('/')) return;
  for (const { text, line } of referencesIn(node.text, kind))
    found.push({ text, key: path, line: node.textLine + line, isMaybe: true, isDisabled: false });
}

function visitMap(map: YamlMap, { path, kind }: Position, found: FoundImage[]): void {
  const isObject = map.entries.has('apiVersion') && map.entries.has('kind');
  const own = isObject ? (textField(map, 'kind') ?? '') : kind;
  if (kindsPassedOver.has(own)) return;
  for (const [key, { value }] of map.entries) {
    if (key === 'description' || (isObject && fieldsPassedOver.has(key))) continue;
    visit(value, { path: path === '' ? shownText(key) : `${path}.${shownText(key)}`, kind: own }, found);
  }
}

/** A text that is a reference; in the longer texts of a config map also lines such as `image: quay.io/…`. */
function referencesIn(
  text: string,
  kind: string,
): readonly { readonly text: string; readonly line: number }[] {
  const whole = fullReferenceIn(text);
  if (whole !== undefined) return [{ text: whole, line: 0 }];
  return kind === 'ConfigMap' && text.includes('\n') ? referencesInLines(text) : [];
}

/** Lines of a text that are looked at. */
export const maximumLines = 20_000;

/** Lines that name an image in full: `image: "quay.io/…"`, `- image: …`, `sidecarImage=…`. 0-based. */
export function referencesInLines(text: string): { readonly text: string; readonly line: number }[] {
  return text.split('\n', maximumLines).flatMap((content, line) => {
    if (!/image/i.test(content) || content.length > 1000) return [];
    const match = /^\s*(?:-\s+)?["']?[\w.-]*[iI]mage["']?\s*[:=]\s*["']?([^\s"'#,]+)["']?\s*(?:#.*)?$/.exec(
      content,
    );
    const reference = match?.[1] === undefined ? undefined : fullReferenceIn(match[1]);
    return reference === undefined ? [] : [{ text: reference, line }];
  });
}

/** What an object is called, for keys of found images: `Deployment/web`. */
export function objectTitle(root: YamlNode): string {
  const name = textField(mapField(root, 'metadata'), 'name') ?? '';
  return shownText(`${textField(root, 'kind') ?? 'object'}/${name}`);
}
