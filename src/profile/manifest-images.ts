import { entryOf, textField } from './yaml-fields.ts';
import type { YamlEntry, YamlMap, YamlNode, YamlScalar } from './yaml-tree.ts';

/** An image field found in a Kubernetes object. */
export interface ManifestImage {
  readonly text: string;
  /** Where in the document: `spec.template.spec.containers[0].image`. */
  readonly key: string;
  readonly line: number;
  /** Whether the field surely names an image: it is in a pod spec. Any other object may call anything `image`. */
  readonly isPodSpec: boolean;
}

/**
 * Finds images in a Kubernetes object, or in a list of them: containers, init and ephemeral containers and image
 * volumes of pod specs wherever they are, and `image` fields of anything else.
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
  for (const [index, item] of node.items.entries()) {
    visit(item, { path: `${position.path}[${index}]`, key: '', list: position.key }, found);
  }
}

function visitMap(map: YamlMap, position: Position, found: ManifestImage[]): void {
  const skipped = fieldsWithoutImages(map);
  if (skipped === 'all') return;
  for (const [key, entry] of map.entries) {
    if (skipped.has(key)) continue;
    const path = position.path === '' ? key : `${position.path}.${key}`;
    const image = key === 'image' ? readImage(entry, { ...position, path }) : undefined;
    if (image !== undefined) found.push(image);
    visit(entry.value, { path, key, list: '' }, found);
  }
}

function fieldsWithoutImages(map: YamlMap): ReadonlySet<string> | 'all' {
  const isObject = map.entries.has('kind') && map.entries.has('apiVersion');
  if (!isObject) return noFields;
  return kindsWithoutImages.has(textField(map, 'kind') ?? '') ? 'all' : objectFieldsWithoutImages;
}

function readImage({ value, line }: YamlEntry, { path, list }: Position): ManifestImage | undefined {
  if (value.kind === 'map') return list === 'volumes' ? readImageVolume(value, path) : undefined;
  const isPodSpec = containerLists.has(list);
  if (value.kind !== 'scalar' || !isGiven(value)) return undefined;
  if (!isPodSpec && value.type !== 'string') return undefined;
  return { text: value.text, key: path, line, isPodSpec };
}

/** `volumes[].image.reference` (Kubernetes image volumes). */
function readImageVolume(image: YamlMap, path: string): ManifestImage | undefined {
  const reference = entryOf(image, 'reference');
  if (reference?.value.kind !== 'scalar' || !isGiven(reference.value)) return undefined;
  return { text: reference.value.text, key: `${path}.reference`, line: reference.line, isPodSpec: true };
}

function isGiven(value: YamlScalar): boolean {
  return value.type !== 'null' && value.text !== '';
}
