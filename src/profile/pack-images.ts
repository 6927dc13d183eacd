import type { ImageCollector } from './image-collector.ts';
import { discoverInManifests } from './discover-in-manifests.ts';
import { findManifestImages } from './manifest-images.ts';
import type { NamedImage } from './named-in-values.ts';
import { packTitle, templatedYamlWarnings } from './profile-set.ts';
import type { ParsedPack, ParsedProfile } from './profile-set.ts';
import { shownText } from './shown-text.ts';
import { parseTemplatedYaml } from './templated-yaml.ts';

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
    title: packTitle(profile, pack),
  };
  const { named, lints } = pack.content();
  for (const item of named) {
    if (item.kind === 'image') collectImage(source, item);
    else collectManifest(source, { place: item.key, text: item.text, firstLine: item.line });
  }
  for (const { name, content } of pack.manifests) {
    const place = `manifests.${name}`;
    if (content !== undefined) collectManifest(source, { place, text: content, firstLine: 1 });
    else {
      const message = `${source.title}: the text of manifest ${name} is not in the document, so its images are not seen; use the profile's export`;
      collector.warn('MANIFEST_NOT_INCLUDED', message, profile);
    }
  }
  for (const { code, message } of lints) collector.warn(code, `${source.title}${message}`, profile);
  if (lints.length === 0) warnWithoutImageList(source);
}

function collectImage({ profile, pack, collector }: PackSource, image: NamedImage): void {
  const { text, key, line, mayBeNone } = image;
  const origin = { kind: 'profile' as const, profile: profile.name, pack: pack.name, key, line };
  collector.add({ text, profile, mayBeNone, origin });
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
  const { isEmpty, hasImageList, hasManifests, packLine } = pack.content();
  if (hasImageList || (pack.type === 'manifest' && (hasManifests || pack.manifests.length > 0))) return;
  const missing =
    'there is no image list (pack.content.images); images that it pulls are missing unless something else names them';
  if (isEmpty) {
    const message = `${title}, values line 1: the values are empty, so ${missing}`;
    collector.warn('NO_VALUES', message, profile);
    return;
  }
  collector.warn('NO_IMAGE_LIST', `${title}, values line ${packLine ?? 1}: ${missing}`, profile);
}
