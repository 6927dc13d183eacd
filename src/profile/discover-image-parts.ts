import { hasImplicitTag } from '../oci/reference.ts';
import { entryOf, scalarField, textField } from './yaml-fields.ts';
import type { YamlMap } from './yaml-tree.ts';

/** What the place of a map tells of the image in it. */
export interface PartsPlace {
  /** Whether a key says that the map is an image. */
  readonly isImageKey: boolean;
  /** Registry that all images of these values have (`global.imageRegistry`). */
  readonly registry: string | undefined;
  /** What an empty tag stands for. */
  readonly appVersion: string | undefined;
}

/** An image that a map's fields make. */
interface ImageOfParts {
  readonly text: string;
  /** The field that names it. */
  readonly key: string;
  /** Whether the whole map is the image, and not one field of several. */
  readonly isWhole: boolean;
  readonly isMaybe: boolean;
}

/** The images of one map, and its fields that were used up for them. */
export interface ImageParts {
  readonly images: readonly ImageOfParts[];
  readonly used: ReadonlySet<string>;
}

const noParts: ImageParts = { images: [], used: new Set() };
/** Fields of sources of Git and of charts, which have `repository` and `tag` too. */
const otherSources = ['url', 'branch', 'revision', 'targetRevision', 'repoURL', 'chart', 'git', 'semver'];
const repositoryKeys = ['repository', 'imageRepository', 'imageRepo', 'imageName', 'repo'];
const tagKeys = ['tag', 'imageTag'];
const digestKeys = ['digest', 'imageDigest', 'sha'];
const registryKeys = ['registry', 'imageRegistry', 'hub'];
const partKeys = [...repositoryKeys, ...tagKeys, ...digestKeys, ...registryKeys, 'version'];

/** Reads an image that is written in parts: the map itself, and prefixed fields such as `proxyImageRepository`. */
export function readImageParts(map: YamlMap, place: PartsPlace): ImageParts {
  const prefixed = readPrefixed(map, place);
  const whole = readWhole(map, place);
  if (whole === undefined && prefixed.length === 0) return noParts;
  const used = new Set(prefixed.map(({ key }) => key));
  for (const key of whole === undefined ? [] : [whole.key, 'image', ...partKeys])
    if (scalarField(map, key) !== undefined) used.add(key);
  return { images: whole === undefined ? prefixed : [whole, ...prefixed], used };
}

function readWhole(map: YamlMap, place: PartsPlace): ImageOfParts | undefined {
  const named = nameOf(map, place);
  if (named === undefined || !isLikely(map, named.key, place)) return undefined;
  const { key, repository, isSplit } = named;
  const tag = firstText(map, isSplit || place.isImageKey ? [...tagKeys, 'version'] : tagKeys);
  const parts = {
    repository,
    registry: place.registry ?? firstText(map, registryKeys),
    tag: tag === '' ? (place.appVersion ?? '') : tag,
    digest: firstText(map, digestKeys),
  };
  return { key, isWhole: true, ...assemble(parts) };
}

interface NamedImage {
  readonly key: string;
  readonly repository: string;
  /** `repository: nvcr.io/nvidia`, `image: gpu-operator`: the two together are the name. */
  readonly isSplit: boolean;
}

function nameOf(map: YamlMap, { isImageKey }: PartsPlace): NamedImage | undefined {
  const repositoryKey = repositoryKeys.find((name) => stringField(map, name) !== undefined);
  const key = repositoryKey ?? (isImageKey ? nameKey(map) : undefined);
  const repository = key === undefined ? undefined : stringField(map, key);
  if (key === undefined || repository === undefined) return undefined;
  const image = key === 'image' ? undefined : stringField(map, 'image');
  if (image === undefined) return { key, repository, isSplit: false };
  // Beside a whole reference the repository is something else.
  if (key !== 'repository' || /[/:]/.test(image)) return undefined;
  return { key, repository: `${repository.replace(/\/$/, '')}/${image}`, isSplit: true };
}

/** `image: {name: org/app, tag: 1.0}`, and `{image: org/app, tag: 1.0}`. */
function nameKey(map: YamlMap): string | undefined {
  const isVersioned = [...tagKeys, ...digestKeys, ...registryKeys].some(
    (key) => entryOf(map, key) !== undefined,
  );
  return isVersioned ? ['name', 'image'].find((key) => stringField(map, key) !== undefined) : undefined;
}

/** Whether the map is an image: its key says so, its fields do, or a field for the version is beside the repository. */
function isLikely(map: YamlMap, key: string, { isImageKey }: PartsPlace): boolean {
  if (otherSources.some((other) => entryOf(map, other) !== undefined)) return false;
  if (isImageKey || key.startsWith('image')) return true;
  const isSplit = entryOf(map, 'image') !== undefined && entryOf(map, 'version') !== undefined;
  return (
    isSplit || [...tagKeys, 'digest', ...registryKeys].some((other) => entryOf(map, other) !== undefined)
  );
}

function readPrefixed(map: YamlMap, place: PartsPlace): ImageOfParts[] {
  return [...map.entries.keys()].flatMap((key) => {
    const prefix = /^(.+)Image(?:Repo|Repository|Name)$/.exec(key)?.[1];
    const repository = prefix === undefined ? undefined : stringField(map, key);
    if (prefix === undefined || repository === undefined) return [];
    const parts = {
      repository,
      registry: place.registry ?? firstText(map, [`${prefix}ImageRegistry`]),
      tag: firstText(map, [`${prefix}ImageTag`, `${prefix}Tag`]),
      digest: firstText(map, [`${prefix}ImageDigest`]),
    };
    return [{ key, isWhole: false, ...assemble(parts) }];
  });
}

interface Parts {
  readonly repository: string;
  readonly registry: string;
  readonly tag: string;
  readonly digest: string;
}

function assemble({ repository, registry, tag, digest }: Parts): { text: string; isMaybe: boolean } {
  const base = registry.replace(/\/+$/, '');
  const isPrefixed = base === '' || repository.startsWith(`${base}/`);
  const name = isPrefixed ? repository : `${base}/${repository.replace(/^\/+/, '')}`;
  const sha = /^[0-9a-f]{64}$/.test(digest) ? `sha256:${digest}` : digest;
  const isVersioned = !hasImplicitTag(name);
  const text = `${name}${tag === '' || isVersioned ? '' : `:${tag}`}${sha === '' ? '' : `@${sha}`}`;
  return { text, isMaybe: hasImplicitTag(text) };
}

const fileEnding =
  /\.(?:iso|img|qcow2?|vmdk|vhdx?|ova|raw|png|jpe?g|gif|svg|ico|webp|tar|t?gz|xz|zst|bz2|zip)$/i;

/** Reads a field that is called an image and is a text; a tag may stand beside it: `image` and `tag`, `proxyImage` and `proxyTag`. */
export function readImageText(
  map: YamlMap,
  key: string,
): { readonly text: string; readonly isMaybe: boolean } | undefined {
  const text = stringField(map, key);
  if (text === undefined || fileEnding.test(text) || /^\w+:\/\//.test(text.replace(schemes, '')))
    return undefined;
  if (!hasImplicitTag(text)) return { text, isMaybe: false };
  const prefix = key.replace(/[iI]mage$/, '');
  const tags = key === 'image' ? ['tag', 'imageTag', 'version'] : [`${key}Tag`, `${prefix}Tag`];
  const tag = firstText(map, tags);
  const registry = text.includes('/') ? '' : firstText(map, registryKeys);
  const name = registry === '' ? text : `${registry.replace(/\/+$/, '')}/${text}`;
  if (tag !== '') return { text: `${name}:${tag}`, isMaybe: false };
  return name.includes('/') ? { text: name, isMaybe: true } : undefined;
}

const schemes = /^(?:container|docker|oci):\/\//;

function firstText(map: YamlMap, keys: readonly string[]): string {
  const texts = keys.map((key) => textField(map, key)?.trim() ?? '');
  return texts.find((text) => text !== '') ?? '';
}

function stringField(map: YamlMap, key: string): string | undefined {
  const value = scalarField(map, key);
  const text = value?.type === 'string' ? value.text.trim() : '';
  return text === '' ? undefined : text;
}
