import { fullReferenceIn } from './discover-reference.ts';
import type { FoundImage } from './discover-reference.ts';
import { readImageParts, readImageText } from './discover-image-parts.ts';
import { shownText } from './shown-text.ts';
import { entryOf, mapField, textField } from './yaml-fields.ts';
import type { YamlEntry, YamlMap, YamlNode } from './yaml-tree.ts';

/** Where the values are, and what charts say of them. */
export interface ValuesPlace {
  /** Path of the root, with its dot; empty for the root of a pack's values. */
  readonly path: string;
  /** The version that an empty tag stands for, by the path inside these values: `''`, or `redis` for that sub-chart. */
  readonly appVersions: ReadonlyMap<string, string>;
  /** Paths that are looked at elsewhere: what is below them is passed over. */
  readonly passedOver: ReadonlySet<string>;
  /** Paths that do not run, as those of sub-charts that are switched off. */
  readonly disabled?: ReadonlySet<string>;
  /** Nodes that are no part of the pack's own values: their lines would mislead. */
  readonly foreign?: WeakSet<YamlNode>;
}

/**
 * Reads values of Helm for images: `image: text`, maps of `registry`, `repository`, `tag` and `digest` or of `imageRepo`
 * and `imageTag`, keys `…Image`, lists and maps called `images`, `global.imageRegistry`, and any text that is a reference in
 * full. Nothing is rendered: what templates put together is not seen.
 */
export function discoverInValues(root: YamlNode, place: ValuesPlace): FoundImage[] {
  const found: FoundImage[] = [];
  const start = { path: '', key: '', isImageKey: false, isDisabled: false, registry: undefined };
  visit(root, { ...start, appVersion: place.appVersions.get('') }, { place, found });
  return found;
}

interface Position {
  /** Inside the values. */
  readonly path: string;
  readonly key: string;
  /** Whether the key, or the one above, says that this is an image. */
  readonly isImageKey: boolean;
  readonly isDisabled: boolean;
  /** From `global.imageRegistry`. */
  readonly registry: string | undefined;
  readonly appVersion: string | undefined;
}

interface Walk {
  readonly place: ValuesPlace;
  readonly found: FoundImage[];
}

/** `pack` has its own lists; texts of manifests are read as manifests. */
const keysOfPalette: ReadonlySet<string> = new Set(['pack', 'manifests']);

function visit(node: YamlNode, at: Position, walk: Walk): void {
  if (node.kind === 'map') visitMap(node, at, walk);
  if (node.kind === 'list') {
    for (const [index, item] of node.items.entries()) {
      const path = `${at.path}[${index}]`;
      visit(item, { ...at, path, key: '' }, walk);
    }
  }
  if (node.kind === 'scalar' && node.type === 'string') visitText(node.text, at, { walk, node });
}

function visitMap(map: YamlMap, from: Position, walk: Walk): void {
  const at = inside(map, from);
  const parts = readImageParts(map, at);
  for (const { key, ...image } of parts.images) {
    const path = image.isWhole && at.path !== '' ? at.path : pathBelow(at, key);
    add({ ...image, path }, { at, walk, entry: entryOf(map, key) });
  }
  const isRoot = at.path === '' && walk.place.path === '';
  for (const [key, entry] of map.entries) {
    const path = pathBelow(at, key);
    const isPalette = isRoot && keysOfPalette.has(key);
    if (isPalette || parts.used.has(key) || isKnown(walk.place.passedOver, path)) continue;
    visitEntry(map, entry, { at: below(at, { path, key, walk }), walk });
  }
}

function pathBelow({ path }: Position, key: string): string {
  return path === '' ? shownText(key) : `${path}.${shownText(key)}`;
}

function below(at: Position, { path, key, walk }: { path: string; key: string; walk: Walk }): Position {
  const { appVersions, disabled } = walk.place;
  const appVersion = isKnown(appVersions, path) ? appVersions.get(path) : at.appVersion;
  const isImageKey = isImageName(key) || (at.isImageKey && at.key.toLowerCase().endsWith('images'));
  // Tests of the chart run when somebody asks for them.
  const isTest = /^(?:helm)?tests?(?:framework)?$/i.test(key);
  const isDisabled = at.isDisabled || isTest || (disabled !== undefined && isKnown(disabled, path));
  return { ...at, path, key, isImageKey, isDisabled, appVersion };
}

/** Long paths are not looked up: to hash a path at every node takes the square of the depth. */
function isKnown(paths: { readonly size: number; has(path: string): boolean }, path: string): boolean {
  return paths.size > 0 && path.length < 500 && paths.has(path);
}

function visitEntry(
  map: YamlMap,
  entry: YamlEntry,
  { at, walk }: { readonly at: Position; readonly walk: Walk },
): void {
  const { value } = entry;
  if (value.kind !== 'scalar' || !at.isImageKey) return visit(value, at, walk);
  const image = readImageText(map, at.key);
  if (image !== undefined) add({ ...image, path: at.path }, { at, walk, entry });
}

/** A text in a list of images, or anywhere: then only a reference in full is taken, as a guess. */
function visitText(
  text: string,
  at: Position,
  { walk, node }: { readonly walk: Walk; readonly node: YamlNode },
): void {
  const isListed = at.key === '' && at.isImageKey && /[/:]/.test(text);
  const found = isListed ? text.trim() : fullReferenceIn(text);
  if (found === undefined) return;
  const entry = { value: node, line: node.line };
  add({ text: found, isMaybe: !isListed, path: at.path }, { at, walk, entry });
}

function inside(map: YamlMap, at: Position): Position {
  const isDisabled = at.isDisabled || textField(map, 'enabled')?.toLowerCase() === 'false';
  const global = mapField(map, 'global');
  const registry =
    textField(global, 'imageRegistry') ?? textField(mapField(global, 'image'), 'registry') ?? '';
  return { ...at, isDisabled, registry: registry === '' ? at.registry : registry };
}

function isImageName(key: string): boolean {
  return /^images?$|Images?$|[-_]images?$/.test(key);
}

function add(
  { text, isMaybe, path }: { readonly text: string; readonly isMaybe: boolean; readonly path: string },
  { at, walk, entry }: { readonly at: Position; readonly walk: Walk; readonly entry: YamlEntry | undefined },
): void {
  const { place, found } = walk;
  const isForeign = entry === undefined || place.foreign?.has(entry.value) === true;
  found.push({
    text,
    isMaybe,
    isDisabled: at.isDisabled,
    key: `${place.path}${path}`,
    line: isForeign ? undefined : entry.line,
  });
}
