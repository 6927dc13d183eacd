import type { ImageCollector } from './image-collector.ts';
import { discoverInManifests } from './discover-in-manifests.ts';
import { lintPackContent } from './lint-pack-content.ts';
import { findManifestImages } from './manifest-images.ts';
import { templatedYamlWarnings } from './profile-set.ts';
import type { ParsedPack, ParsedProfile } from './profile-set.ts';
import { shownText } from './shown-text.ts';
import { parseTemplatedYaml } from './templated-yaml.ts';
import { entryOf, findPath, isAbsent, listField, mapField, scalarField } from './yaml-fields.ts';
import type { YamlEntry, YamlNode, YamlScalar } from './yaml-tree.ts';

/** A pack whose images are collected. */
interface PackSource {
  readonly profile: ParsedProfile;
  readonly pack: ParsedPack;
  /** `profile edge, pack cni`, for messages. */
  readonly title: string;
  readonly collector: ImageCollector;
}

/**
 * Collects the images that a pack asks for: its image list, the provider image (`options["system.uri"]`),
 * `stylusPackage`, and its inline manifests. Warns about what is likely a mistake.
 *
 * @throws PaletteEdgeError `YAML_INVALID` for an inline manifest that is broken
 */
export function collectPackImages(profile: ParsedProfile, pack: ParsedPack, collector: ImageCollector): void {
  const source: PackSource = {
    profile,
    pack,
    collector,
    title: `profile ${profile.name}, pack ${pack.name}`,
  };
  for (const { root } of pack.parsed.documents) {
    collectImageList(source, root);
    collectProviderImage(source, root);
    // Every node of every pack would be looked at for what hardly any pack has.
    if (pack.values.includes('stylusPackage')) collectStylusPackages(source, root, '');
    collectManifestsInValues(source, root);
  }
  for (const { name, content } of pack.manifests) {
    const place = `manifests.${name}`;
    if (content !== undefined) collectManifest(source, { place, text: content, firstLine: 1 });
    else {
      const message = `${source.title}: the text of manifest ${name} is not in the document, so its images are not seen; use the profile's export`;
      collector.warn('MANIFEST_NOT_INCLUDED', message, profile);
    }
  }
  const lints = pack.parsed.documents.flatMap(({ root }) => lintPackContent(source.title, root));
  for (const { code, message } of lints) collector.warn(code, message, profile);
  if (lints.length === 0) warnWithoutImageList(source);
}

function collectImageList({ profile, pack, collector }: PackSource, root: YamlNode): void {
  const images = listField(mapField(mapField(root, 'pack'), 'content'), 'images');
  for (const [index, item] of (images?.items ?? []).entries()) {
    const image = scalarField(item, 'image');
    const line = entryOf(item, 'image')?.line;
    if (image === undefined) continue;
    const key = `pack.content.images[${index}]`;
    collector.add({
      text: image.text,
      profile,
      origin: { kind: 'profile', profile: profile.name, pack: pack.name, key, line },
    });
  }
}

function collectProviderImage(source: PackSource, root: YamlNode): void {
  const uri = findPath(root, 'options.system.uri');
  if (uri?.kind === 'scalar') collectOptional(source, uri, 'options.system.uri');
}

function collectStylusPackages(source: PackSource, node: YamlNode, path: string): void {
  if (node.kind === 'list') {
    for (const [index, item] of node.items.entries())
      collectStylusPackages(source, item, `${path}[${index}]`);
  }
  if (node.kind !== 'map') return;
  for (const [key, { value }] of node.entries) {
    const at = path === '' ? shownText(key) : `${path}.${shownText(key)}`;
    const isStylus = key === 'stylusPackage' || key.endsWith('.stylusPackage');
    if (isStylus && value.kind === 'scalar') collectOptional(source, value, at);
    else collectStylusPackages(source, value, at);
  }
}

function collectOptional({ profile, pack, collector }: PackSource, value: YamlScalar, key: string): void {
  collector.add({
    text: value.text,
    profile,
    mayBeNone: true,
    origin: { kind: 'profile', profile: profile.name, pack: pack.name, key, line: value.line },
  });
}

/** `manifests.<name>.contents` in the values, where packs of type manifest keep them. */
function collectManifestsInValues(source: PackSource, root: YamlNode): void {
  const manifests = mapField(root, 'manifests');
  for (const [name, { value }] of manifests?.entries ?? []) {
    for (const field of ['contents', 'content']) {
      const text = scalarField(value, field);
      if (text === undefined) continue;
      const place = `manifests.${shownText(name)}.${field}`;
      collectManifest(source, { place, text: text.text, firstLine: text.textLine });
    }
  }
}

interface ManifestText {
  /** `manifests.crds`: where in the pack. */
  readonly place: string;
  readonly text: string;
  /** Line that the text begins on, in the text that it is part of. */
  readonly firstLine: number;
}

function collectManifest({ profile, pack, title, collector }: PackSource, manifest: ManifestText): void {
  const { place, text, firstLine } = manifest;
  const shift = firstLine - 1;
  const yaml = parseTemplatedYaml(text, (line) => `${title}, ${place} line ${line + shift}`);
  for (const { code, message } of templatedYamlWarnings(yaml, `${title}, ${place}`))
    collector.warn(code, message, profile);
  for (const { root } of yaml.documents) {
    for (const image of findManifestImages(root)) {
      const key = `${place} ${shownText(image.key)}`;
      const line = image.line + shift;
      collector.add({
        text: image.text,
        profile,
        isGuess: !image.isPodSpec,
        hasTagField: image.hasTagField,
        needsList: true,
        origin: { kind: 'profile', profile: profile.name, pack: pack.name, key, line },
      });
    }
    for (const found of discoverInManifests(root)) {
      const line = found.line === undefined ? undefined : found.line + shift;
      const at = { profile: profile.name, pack: pack.name, key: `${place} ${found.key}`, line };
      collector.consider({ found, profile, origin: { kind: 'discovered', ...at, how: 'read' } });
    }
  }
}

/** Manifests are their own list; any other pack should say what it needs. */
function warnWithoutImageList({ profile, pack, title, collector }: PackSource): void {
  const roots = pack.parsed.documents.map(({ root }) => root);
  const hasList = roots.some((root) => {
    const images = entryOf(mapField(mapField(root, 'pack'), 'content'), 'images');
    return images !== undefined && !isAbsent(images.value);
  });
  const hasManifests =
    pack.manifests.length > 0 || roots.some((root) => (mapField(root, 'manifests')?.entries.size ?? 0) > 0);
  if (hasList || (pack.type === 'manifest' && hasManifests)) return;
  if (roots.length === 0) {
    const message = `${title}, values line 1: the values are empty, so there is no image list (pack.content.images); images that it pulls are missing unless something else names them`;
    collector.warn('NO_VALUES', message, profile);
    return;
  }
  const message = `${title}, values line ${packLine(roots) ?? 1}: there is no image list (pack.content.images); images that it pulls are missing unless something else names them`;
  collector.warn('NO_IMAGE_LIST', message, profile);
}

function packLine(roots: readonly YamlNode[]): number | undefined {
  const entries: (YamlEntry | undefined)[] = roots.map((root) => entryOf(root, 'pack'));
  return entries.find((entry) => entry !== undefined)?.line;
}
