import { shownText } from './shown-text.ts';
import { entryOf, findPath, listField, mapField, scalarField } from './yaml-fields.ts';
import type { YamlNode, YamlScalar } from './yaml-tree.ts';

/** What the values of a pack ask for: an image, or what is in a manifest. */
export type NamedInValues = NamedImage | NamedManifest;

/** An image that a list or a field of Palette's names. */
export interface NamedImage {
  readonly kind: 'image';
  readonly text: string;
  /** `pack.content.images[0]`. */
  readonly key: string;
  /** 1-based. */
  readonly line: number | undefined;
  /** Whether a text that is `NA` stands for no image. */
  readonly mayBeNone: boolean;
}

interface NamedManifest {
  readonly kind: 'manifest';
  readonly text: string;
  /** `manifests.crds.contents`. */
  readonly key: string;
  /** Line of the values that the text begins on. */
  readonly line: number;
}

/**
 * Finds what values ask for by Palette's own keys: the image list, the provider image (`options["system.uri"]`),
 * `stylusPackage`, and inline manifests.
 *
 * @param text that the document is from
 */
export function namedInValues(root: YamlNode, text: string): NamedInValues[] {
  const uri = findPath(root, 'options.system.uri');
  return [
    ...imageList(root),
    ...(uri?.kind === 'scalar' ? [optional(uri, 'options.system.uri')] : []),
    // Every node of every pack would be looked at for what hardly any pack has.
    ...(text.includes('stylusPackage') ? stylusPackages(root, '') : []),
    ...manifests(root),
  ];
}

function imageList(root: YamlNode): NamedImage[] {
  const images = listField(mapField(mapField(root, 'pack'), 'content'), 'images');
  return (images?.items ?? []).flatMap((item, index) => {
    const image = scalarField(item, 'image');
    if (image === undefined) return [];
    const key = `pack.content.images[${index}]`;
    return [{ kind: 'image', text: image.text, key, line: entryOf(item, 'image')?.line, mayBeNone: false }];
  });
}

function optional({ text, line }: YamlScalar, key: string): NamedImage {
  return { kind: 'image', text, key, line, mayBeNone: true };
}

function stylusPackages(node: YamlNode, path: string): NamedImage[] {
  if (node.kind === 'list')
    return node.items.flatMap((item, index) => stylusPackages(item, `${path}[${index}]`));
  if (node.kind !== 'map') return [];
  return [...node.entries].flatMap(([key, { value }]) => {
    const at = path === '' ? shownText(key) : `${path}.${shownText(key)}`;
    const isStylus = key === 'stylusPackage' || key.endsWith('.stylusPackage');
    return isStylus && value.kind === 'scalar' ? [optional(value, at)] : stylusPackages(value, at);
  });
}

/** `manifests.<name>.contents`, where packs of type manifest keep them. */
function manifests(root: YamlNode): NamedManifest[] {
  return [...(mapField(root, 'manifests')?.entries ?? [])].flatMap(([name, { value }]) =>
    ['contents', 'content'].flatMap((field) => {
      const text = scalarField(value, field);
      if (text === undefined) return [];
      const key = `manifests.${shownText(name)}.${field}`;
      return [{ kind: 'manifest' as const, text: text.text, key, line: text.textLine }];
    }),
  );
}
