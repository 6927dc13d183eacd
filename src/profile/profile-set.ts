import { PaletteEdgeError } from '../errors.ts';
import type { Warning } from '../warning.ts';
import type { Pack, Profile } from './read-profile.ts';
import { shownText } from './shown-text.ts';
import type { PackContent } from './pack-content.ts';
import type { ReadingNotes, TemplatedYaml } from './templated-yaml.ts';
import type { ValuesReader } from './values-reader.ts';
import { yamlInvalid } from './yaml-tree.ts';

/** A profile whose packs' values can be read; macros are still in them. */
export interface ParsedProfile extends Omit<Profile, 'packs'> {
  readonly packs: readonly ParsedPack[];
  /** Whether nothing is said of what is in it: all of that is left out. */
  readonly isSilent?: boolean;
}

/** A pack whose values can be read. Each throws `YAML_INVALID` (kind usage) that names profile, pack and line. */
export interface ParsedPack extends Pack {
  /** What the values say; read once. */
  readonly content: () => PackContent;
  /** The values as trees; read again, because trees of all packs would fill the memory. */
  readonly trees: () => TemplatedYaml;
}

/**
 * Leaves out profiles that were given twice.
 *
 * @throws PaletteEdgeError `TWO_INFRASTRUCTURE_PROFILES` (kind usage): a cluster has one infrastructure or full profile
 */
export function selectProfiles(profiles: readonly Profile[]): {
  readonly profiles: readonly Profile[];
  readonly warnings: readonly Warning[];
} {
  const kept: Profile[] = [];
  const warnings: Warning[] = [];
  for (const profile of profiles) {
    const twin = kept.find(({ name, version }) => name === profile.name && version === profile.version);
    const isSame = twin !== undefined && contentOf(twin) === contentOf(profile);
    if (!isSame) kept.push(profile);
    if (twin !== undefined) warnings.push(duplicateWarning(twin, profile, isSame));
  }
  refuseTwoInfrastructureProfiles(kept);
  return { profiles: kept, warnings };
}

/** Shapes of documents differ in what they say of registries. */
function contentOf({ packs }: Profile): string {
  return JSON.stringify(packs.map((pack) => ({ ...pack, server: undefined, providerType: undefined })));
}

function duplicateWarning(first: Profile, second: Profile, isSame: boolean): Warning {
  const title = `profile ${titleOf(first)} was given twice (${first.file}, ${second.file})`;
  const message = isSame ? `${title}; it is read once` : `${title} with different packs; both are read`;
  return { code: 'DUPLICATE_PROFILE', message };
}

function refuseTwoInfrastructureProfiles(profiles: readonly Profile[]): void {
  const found = profiles.filter(({ type }) => /^(?:infra|cluster)$/i.test(type));
  if (found.length < 2) return;
  const names = found.map((profile) => `${titleOf(profile)} (${profile.type}, ${profile.file})`);
  throw new PaletteEdgeError(
    'TWO_INFRASTRUCTURE_PROFILES',
    `a bundle holds at most one infrastructure or full cluster profile, but ${found.length} were given: ${names.join(' and ')}`,
    { kind: 'usage', suggestions: ['Build one bundle for each; add-on profiles may go into both.'] },
  );
}

function titleOf({ name, version }: Profile): string {
  return version === '' ? name : `${name} ${version}`;
}

/** Says how the values of each pack are read; reads none of them yet. */
export function parsedProfile(profile: Profile, reader: ValuesReader): ParsedProfile {
  return { ...profile, packs: profile.packs.map((pack) => parsedPack(profile, pack, reader)) };
}

function parsedPack(profile: Profile, pack: Pack, reader: ValuesReader): ParsedPack {
  const place = (line: number) => `${packTitle(profile, pack)}, values line ${line}`;
  const text = pack.values.startsWith('\uFEFF') ? pack.values.slice(1) : pack.values;
  let content: PackContent | undefined;
  const readContent = () => {
    const read = reader.content(text, place);
    refuseTwiceInPack(read, place);
    return read;
  };
  return {
    ...pack,
    content: () => (content ??= readContent()),
    trees: () => reader.trees(text, place),
  };
}

/** `profile edge, pack cni`, for messages. */
export function packTitle(profile: Pick<Profile, 'name'>, pack: Pick<Pack, 'name'>): string {
  return `profile ${profile.name}, pack ${pack.name}`;
}

/** Elsewhere a key that is there twice is Helm's business; below `pack` it would silently lose a list of images. */
function refuseTwiceInPack({ duplicates }: ReadingNotes, place: (line: number) => string): void {
  const duplicate = duplicates.find(({ rootKey }) => rootKey === 'pack');
  if (duplicate === undefined) return;
  throw yamlInvalid(
    place(duplicate.line),
    `the key ${JSON.stringify(shownText(duplicate.key))} is there twice`,
  );
}

/** Says what of a templated text was not read or is ambiguous. */
export function templatedYamlWarnings(
  { skippedLines, unreadSections, duplicates }: ReadingNotes,
  title: string,
): Warning[] {
  return [
    ...skippedLines.map((line) => ({
      code: 'MACRO_BLOCK_SKIPPED',
      message: `${title} line ${line}: the macro stands for a block of YAML; images in it are not seen. Add them with --image`,
    })),
    ...unreadSections.map(({ key, line, error }) => ({
      code: 'SECTION_NOT_READ',
      message: `${title} line ${line}: the section ${shownText(key)} is no YAML before its templates are rendered; images in it are not seen (${error.message})`,
    })),
    ...duplicates.map(({ key, line }) => ({
      code: 'DUPLICATE_KEY',
      message: `${title} line ${line}: the key ${JSON.stringify(shownText(key))} is there twice; the last one counts`,
    })),
  ];
}
