import type { PaletteEdgeError } from '../errors.ts';
import type { Reference } from '../oci/reference.ts';
import type { Warning } from '../warning.ts';
import { collectErrors, combineErrors } from './combine-errors.ts';
import { discoverInManifests } from './discover-in-manifests.ts';
import { ImageCollector } from './image-collector.ts';
import type { RequestedImage } from './image-collector.ts';
import { readImageList } from './image-list.ts';
import { MacroResolver } from './macro-resolver.ts';
import { findManifestImages } from './manifest-images.ts';
import { collectPackImages } from './pack-images.ts';
import { packTitle, parsedProfile, selectProfiles, templatedYamlWarnings } from './profile-set.ts';
import type { ParsedPack, ParsedProfile } from './profile-set.ts';
import { readProfile } from './read-profile.ts';
import type { Pack, Profile } from './read-profile.ts';
import { requireObjects } from './require-objects.ts';
import { readServiceImages } from './service-images.ts';
import type { ServiceImages } from './service-images.ts';
import { shownText } from './shown-text.ts';
import { bareText } from './source-file.ts';
import type { SourceFile } from './source-file.ts';
import { parseTemplatedYaml } from './templated-yaml.ts';
import { warnUnusedNames } from './unused-names.ts';
import { ValuesReader } from './values-reader.ts';
import { yamlInvalid } from './yaml-tree.ts';

export type { RequestedImage, SourceFile };

/** Everything that may name images. */
export interface RequestInput {
  /** Documents, or what reading them ahead gave. */
  readonly profiles: readonly (SourceFile | (() => Profile))[];
  /** Profiles that macros may point into, and that ask for nothing themselves. */
  readonly macroProfiles?: readonly Profile[];
  /** References from `--image`. */
  readonly images: readonly string[];
  readonly lists: readonly SourceFile[];
  /** Kubernetes manifests. */
  readonly manifests: readonly SourceFile[];
  /** Image lists of Palette's services. */
  readonly services?: readonly ServiceImages[];
  /** Values of profile variables, by name; they win over the profile's defaults. */
  readonly variables: ReadonlyMap<string, string>;
  /** Values of project macros, by name; of system macros as `system.<path>`. */
  readonly macros: ReadonlyMap<string, string>;
  /** Whether nothing is said of a profile, because what it asks for is left out; of none when undefined. */
  readonly isSilent?: (profile: ProfileName, given: readonly ProfileName[]) => boolean;
}

type ProfileName = Pick<ProfileSummary, 'name' | 'version'>;

/** What a profile is made of, without anything that could be a secret. */
export interface ProfileSummary {
  readonly name: string;
  readonly version: string;
  /** `cluster` (full), `infra`, `add-on` or `system`. */
  readonly type: string;
  readonly packs: readonly Pick<Pack, 'name' | 'type' | 'layer' | 'version'>[];
}

/** What the inputs ask for. */
export interface ImageRequests {
  /** Each image once, sorted by name in code-unit order. */
  readonly images: readonly RequestedImage[];
  readonly profiles: readonly ProfileSummary[];
  readonly warnings: readonly Warning[];
}

/**
 * Resolves profiles, references, lists and manifests to the images they name, each with every place that asks for it.
 * Pure: the same input always gives the same result.
 *
 * Everything that is wrong is reported at once: several failures of one code give one error of that code, mixed ones
 * `INPUT_INVALID`.
 *
 * @throws PaletteEdgeError of kind usage: `YAML_INVALID`, `PROFILE_INVALID`, `FILE_TOO_LARGE`,
 *   `TWO_INFRASTRUCTURE_PROFILES`, `MACRO_UNRESOLVED`, `MACRO_CYCLE`, `MACRO_UNSUPPORTED`, `MACRO_TOO_LARGE`,
 *   `REFERENCE_INVALID`, `MANIFEST_INVALID`
 */
export function requestImages(input: RequestInput): ImageRequests {
  return finishRequests(collectRequests(input));
}

/** Everything that inputs ask for, while more may be found. */
export interface CollectedRequests {
  readonly profiles: readonly ParsedProfile[];
  readonly collector: ImageCollector;
  readonly resolver: MacroResolver;
}

/** The first part of {@link requestImages}; throws as it does. */
export function collectRequests(input: RequestInput): CollectedRequests {
  const { profiles, warnings } = readProfiles(input);
  const { variables, macros } = input;
  const reader = new ValuesReader();
  const others = (input.macroProfiles ?? []).map((profile) => parsedProfile(profile, reader));
  const resolver = new MacroResolver({ profiles: [...profiles, ...others], variables, macros });
  const collector = new ImageCollector(resolver);
  for (const { code, message } of warnings) collector.warnOfText(code, message);
  const failures = [
    ...collectPacks(profiles, collector),
    ...collectErrors(input.manifests, (file) => collectManifestFile(file, collector)).errors,
    ...collectErrors(input.lists, (file) => collectList(file, collector)).errors,
    ...collectErrors(input.services ?? [], (service) => collectService(service, collector)).errors,
  ];
  for (const text of input.images) collector.add({ text, origin: { kind: 'flag' } });
  const failure = combineErrors([...failures, ...collector.errors()]);
  if (failure !== undefined) throw failure;
  for (const { code, message } of unusedNames(input, profiles)) collector.warn(code, message);
  return { profiles, collector, resolver };
}

/**
 * The second part: what was collected, sorted.
 *
 * @param isLeftOut whether the user leaves an image out; it is among the images all the same
 */
export function finishRequests(
  { profiles, collector }: CollectedRequests,
  isLeftOut: (reference: Reference) => boolean = () => false,
): ImageRequests {
  return {
    images: collector.images(),
    profiles: profiles.map(summaryOf),
    warnings: collector.warnings(isLeftOut),
  };
}

function summaryOf({ name, version, type, packs }: ParsedProfile): ProfileSummary {
  return {
    name,
    version,
    type,
    packs: packs.map((pack) => ({
      name: pack.name,
      type: shownText(pack.type),
      layer: shownText(pack.layer),
      version: shownText(pack.version),
    })),
  };
}

function readProfiles({ profiles: files, isSilent }: RequestInput): {
  readonly profiles: readonly ParsedProfile[];
  readonly warnings: readonly Warning[];
} {
  const read = collectErrors(files, (file) => (typeof file === 'function' ? file() : readProfile(file)));
  throwIfAny(read.errors);
  const { profiles, warnings } = selectProfiles(read.results);
  const reader = new ValuesReader();
  const parsed = profiles.map((profile) => {
    return { ...parsedProfile(profile, reader), isSilent: isSilent?.(profile, profiles) === true };
  });
  return { profiles: parsed, warnings };
}

/**
 * Takes one pack after the other: where a macro points into the pack itself, its trees are still at hand.
 *
 * @returns what is wrong with images and manifests
 * @throws PaletteEdgeError when values cannot be read: macros may point into them, so all else may follow from that
 */
function collectPacks(profiles: readonly ParsedProfile[], collector: ImageCollector): PaletteEdgeError[] {
  const failures: PaletteEdgeError[] = [];
  const unread = collectErrors(profiles, (profile) => {
    const { results, errors } = collectErrors(profile.packs, (pack) => collectPack(profile, pack, collector));
    throwIfAny(errors);
    failures.push(...results.flat());
  });
  throwIfAny(unread.errors);
  return failures;
}

function collectPack(
  profile: ParsedProfile,
  pack: ParsedPack,
  collector: ImageCollector,
): readonly PaletteEdgeError[] {
  const title = `${packTitle(profile, pack)}, values`;
  for (const { code, message } of templatedYamlWarnings(pack.content(), title))
    collector.warnOfText(code, message, profile);
  return collectErrors([pack], () => collectPackImages(profile, pack, collector)).errors;
}

function throwIfAny(errors: Parameters<typeof combineErrors>[0]): void {
  const failure = combineErrors(errors);
  if (failure !== undefined) throw failure;
}

function collectManifestFile(file: SourceFile, collector: ImageCollector): void {
  const name = shownText(file.name);
  const yaml = parseTemplatedYaml(bareText(file), (line, column) => `${name}:${line}:${column}`);
  const unread = yaml.unreadSections[0];
  // A file given by the user is read whole or not at all; unlike pack values, it is no part of something larger.
  if (unread !== undefined) throw unread.error;
  requireObjects(
    name,
    yaml.documents.map(({ root }) => root),
  );
  for (const { root, duplicates } of yaml.documents) {
    const [duplicate] = duplicates;
    if (duplicate !== undefined) {
      const { line, column, key } = duplicate;
      throw yamlInvalid(
        `${name}:${line}:${column}`,
        `the key ${JSON.stringify(shownText(key))} is there twice`,
      );
    }
    for (const { text, key, line, isPodSpec, hasTagField } of findManifestImages(root)) {
      collector.add({
        text,
        isGuess: !isPodSpec,
        hasTagField,
        origin: { kind: 'manifest', file: name, line, key: shownText(key) },
      });
    }
    for (const found of discoverInManifests(root)) {
      const place = { file: name, line: found.line ?? 1, key: found.key };
      collector.consider({ found, origin: { kind: 'manifest', ...place } });
    }
  }
}

function collectList(file: SourceFile, collector: ImageCollector): void {
  const name = shownText(file.name);
  for (const { text, line } of readImageList(file)) {
    collector.add({ text, origin: { kind: 'list', file: name, line } });
  }
}

function collectService(list: ServiceImages, collector: ImageCollector): void {
  const [service, version] = [shownText(list.service), shownText(list.version)];
  const images = readServiceImages(list);
  for (const { text, isGuess } of images)
    collector.add({ text, isGuess, origin: { kind: 'palette', service, version } });
  if (images.length === 0) {
    const title = `Palette service ${service} ${version}`;
    collector.warn('SERVICE_WITHOUT_IMAGES', `${title}: its images.yaml names no image`);
  }
}

function unusedNames(
  { variables, macros, manifests }: RequestInput,
  profiles: readonly ParsedProfile[],
): Warning[] {
  const packTexts = profiles.flatMap(({ packs }) =>
    packs.flatMap((pack) => [pack.values, ...pack.manifests.map(({ content }) => content ?? '')]),
  );
  const definitions = profiles.flatMap((profile) => [...profile.variables]);
  return warnUnusedNames({
    variables,
    macros,
    defined: new Set(definitions.map(([name]) => name)),
    texts: [
      ...packTexts,
      ...definitions.map(([, { defaultValue }]) => defaultValue ?? ''),
      ...manifests.map(({ text }) => text),
    ],
  });
}
