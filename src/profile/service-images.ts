import { shownText } from './shown-text.ts';
import { scalarField, textField } from './yaml-fields.ts';
import { parseYaml } from './yaml-tree.ts';
import type { YamlMap, YamlNode } from './yaml-tree.ts';

/** The image list of one of Palette's services. */
export interface ServiceImages {
  readonly service: string;
  readonly version: string;
  /** YAML; its shape is not described. */
  readonly text: string;
}

/** An image of such a list. */
export interface ServiceImage {
  readonly text: string;
  /** Whether it may be something else than an image. */
  readonly isGuess: boolean;
}

/**
 * Finds the images of a list, whatever its shape: a list of texts, or of objects with `image`, or with `repository` and
 * `tag`; at the root, or below keys such as `images`. Texts under other keys are guesses.
 *
 * @throws PaletteEdgeError `YAML_INVALID` (kind usage) that names service and version
 */
export function readServiceImages({ service, version, text }: ServiceImages): ServiceImage[] {
  const title = `images.yaml of Palette service ${shownText(service)} ${shownText(version)}`;
  const documents = parseYaml(text, (line, column) => `${title}:${line}:${column}`);
  const found = new Map<string, ServiceImage>();
  for (const image of documents.flatMap(({ root }) => imagesIn(root))) {
    const known = found.get(image.text);
    if (known === undefined || known.isGuess) found.set(image.text, image);
  }
  return [...found.values()];
}

function imagesIn(node: YamlNode): ServiceImage[] {
  if (node.kind === 'scalar') return imageOf(node.text, true);
  if (node.kind === 'list') {
    return node.items.flatMap((item) =>
      item.kind === 'scalar' ? imageOf(item.text, false) : imagesIn(item),
    );
  }
  return ownImage(node) ?? [...node.entries.values()].flatMap(({ value }) => imagesIn(value));
}

/** The image that an object stands for, or undefined when it only holds others. */
function ownImage(node: YamlMap): ServiceImage[] | undefined {
  const image = scalarField(node, 'image');
  if (image !== undefined) return imageOf(image.text, false);
  const repository = textField(node, 'repository');
  const tag = textField(node, 'tag');
  if (repository === undefined || tag === undefined) return undefined;
  const registry = textField(node, 'registry');
  return imageOf(`${registry === undefined ? '' : `${registry}/`}${repository}:${tag}`, false);
}

function imageOf(text: string, isGuess: boolean): ServiceImage[] {
  const trimmed = text.trim();
  // A version, a name, a number: only what has a path may be an image where none is expected.
  if (trimmed === '' || (isGuess && !trimmed.includes('/'))) return [];
  return [{ text: trimmed, isGuess: isGuess || trimmed.includes('{{') }];
}
