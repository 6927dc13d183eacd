import { entryOf, scalarField, textField } from './yaml-fields.ts';
import type { YamlEntry, YamlMap, YamlNode, YamlScalar } from './yaml-tree.ts';

/** An image field found in a Kubernetes object. */
export interface ManifestImage {
  readonly text: string;
  /** Where in the document: `spec.template.spec.containers[0].image`. */
  readonly key: string;
  readonly line: number;
  /** Whether the field surely names an image: it is in a pod spec. Any other object may call anything `image`. */
  readonly isPodSpec: boolean;
  /** Whether the tag has a field of its own: where that is empty, the controller picks one that is not `latest`. */
  readonly hasTagField: boolean;
}

/**
 * Finds images in a Kubernetes object, or in a list of them: containers, init and ephemeral containers and image
 * volumes of pod specs wherever they are. Of anything else what is likely to name an image: texts called `image` or
 * `…Image`, texts in lists called `images` or `…Images`, and maps of `registry`, `repository`, `tag` and `digest`.
 */
export function findManifestImages(document: YamlNode): ManifestImage[] {
  const found: ManifestImage[] = [];
  visit(document, { path: '', key: '', list: '' }, found);
  return found;
}

const containerLists: ReadonlySet<string> = new Set(['containers', 'initContainers', 'ephemeralContainers']);

/** Schemas describe fields called `image`; data of config maps is for programs to interpret. */
const kindsWithoutImages: ReadonlySet<string> = new Set(['CustomResourceDefinition', 'ConfigMap', 'Secret']);

/** Status tells what ran once, as `sha256:…`; metadata has annotations and managed fields. */
const objectFieldsWithoutImages: ReadonlySet<string> = new Set(['status', 'metadata']);

const noFields: ReadonlySet<string> = new Set();

interface Position {
  readonly path: string;
  /** The key whose value the node is; empty for items of lists. */
  readonly key: string;
  /** The key of the list that the node is an item of; empty for others. */
  readonly list: string;
}

function visit(node: YamlNode, position: Position, found: ManifestImage[]): void {
  if (node.kind === 'map') visitMap(node, position, found);
  if (node.kind !== 'list') return;
  for (const [index, value] of node.items.entries()) {
    const item = { path: `${position.path}[${index}]`, key: '', list: position.key };
    const image = readItem(value, item);
    if (image !== undefined) found.push(image);
    visit(value, item, found);
  }
}

function visitMap(map: YamlMap, position: Position, found: ManifestImage[]): void {
  const skipped = fieldsWithoutImages(map);
  if (skipped === 'all') return;
  for (const [key, entry] of map.entries) {
    if (skipped.has(key)) continue;
    const path = position.path === '' ? key : `${position.path}.${key}`;
    const image = readField(entry, { path, key, list: position.list });
    if (image !== undefined) found.push(image);
    visit(entry.value, { path, key, list: '' }, found);
  }
}

function fieldsWithoutImages(map: YamlMap): ReadonlySet<string> | 'all' {
  const isObject = map.entries.has('kind') && map.entries.has('apiVersion');
  if (!isObject) return noFields;
  return kindsWithoutImages.has(textField(map, 'kind') ?? '') ? 'all' : objectFieldsWithoutImages;
}

/** A field by its own key; the list is the one that the field's map is an item of. */
function readField({ value, line }: YamlEntry, { path, key, list }: Position): ManifestImage | undefined {
  const isImageKey = key === 'image' || key.endsWith('Image');
  if (value.kind === 'map') {
    const volume = key === 'image' && list === 'volumes' ? readImageVolume(value, path) : undefined;
    return volume ?? readImageMap(value, { path, line, isImageKey });
  }
  if (value.kind !== 'scalar' || !isImageKey) return undefined;
  return readImageText(value, { path, line, isPodSpec: key === 'image' && containerLists.has(list) });
}

function readImageText(
  { text, type }: YamlScalar,
  { path, line, isPodSpec }: { readonly path: string; readonly line: number; readonly isPodSpec: boolean },
): ManifestImage | undefined {
  if (text === '' || type === 'null' || (type !== 'string' && !isPodSpec)) return undefined;
  return { text, key: path, line, isPodSpec, hasTagField: false };
}

function readItem(value: YamlNode, { path, list }: Position): ManifestImage | undefined {
  const isImageKey = list === 'images' || list.endsWith('Images');
  if (value.kind === 'map') return readImageMap(value, { path, line: value.line, isImageKey });
  if (value.kind !== 'scalar' || !isImageKey) return undefined;
  return readImageText(value, { path, line: value.line, isPodSpec: false });
}

/** `volumes[].image.reference` (Kubernetes image volumes). */
function readImageVolume(image: YamlMap, path: string): ManifestImage | undefined {
  const reference = entryOf(image, 'reference');
  if (reference?.value.kind !== 'scalar') return undefined;
  return readImageText(reference.value, { path: `${path}.reference`, line: reference.line, isPodSpec: true });
}

interface MapPlace {
  readonly path: string;
  readonly line: number;
  /** Whether the map's key says that it is an image. */
  readonly isImageKey: boolean;
}

/**
 * An image in parts. Where the key does not tell, it takes a registry and a tag or digest: sources of Git have
 * `repository` and `tag` too. Beside a text `image`, the repository is a part of a name that only the controller knows.
 */
function readImageMap(map: YamlMap, { path, line, isImageKey }: MapPlace): ManifestImage | undefined {
  const repository = scalarField(map, 'repository');
  if (repository?.type !== 'string' || repository.text === '') return undefined;
  if (scalarField(map, 'image') !== undefined) return undefined;
  const registry = partOf(map, 'registry').replace(/\/?$/, '/');
  const version = versionOf(map);
  if (!isImageKey && (registry === '/' || version === '')) return undefined;
  const text = `${registry === '/' ? '' : registry}${repository.text}${version}`;
  return { text, key: path, line, isPodSpec: false, hasTagField: true };
}

/** `:tag@digest`, each as it is written. */
function versionOf(map: YamlMap): string {
  const [tag, digest] = [partOf(map, 'tag'), partOf(map, 'digest')];
  return `${tag === '' ? '' : `:${tag}`}${digest === '' ? '' : `@${digest}`}`;
}

function partOf(map: YamlMap, key: string): string {
  return textField(map, key) ?? '';
}
