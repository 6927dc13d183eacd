import { PaletteEdgeError } from '../errors.ts';
import type { Warning } from '../warning.ts';
import type { Pack, Profile } from './read-profile.ts';
import { shownText } from './shown-text.ts';
import { parseTemplatedYaml } from './templated-yaml.ts';
import type { TemplatedYaml } from './templated-yaml.ts';
import { yamlInvalid } from './yaml-tree.ts';

/** A profile whose packs' values have been parsed; macros are still in them. */
export interface ParsedProfile extends Omit<Profile, 'packs'> {
  readonly packs: readonly ParsedPack[];
  /** Whether nothing is said of what is in it: all of that is left out. */
  readonly isSilent?: boolean;
}

/** A pack with its values as trees. */
export interface ParsedPack extends Pack {
  readonly parsed: TemplatedYaml;
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

/**
 * Parses the values of one pack.
 *
 * @param known values that were parsed before, by their text: profiles have many packs in common
 * @throws PaletteEdgeError `YAML_INVALID` that names profile, pack and line
 */
export function parsePackValues(
  profile: Profile,
  pack: Pack,
  known: Map<string, TemplatedYaml>,
): { parsed: ParsedPack; warnings: Warning[] } {
  const title = `profile ${profile.name}, pack ${pack.name}`;
  const place = (line: number) => `${title}, values line ${line}`;
  const text = pack.values.startsWith('\uFEFF') ? pack.values.slice(1) : pack.values;
  const yaml = known.get(text) ?? parseTemplatedYaml(text, place);
  // Errors name the pack.
  if (yaml.unreadSections.length === 0) known.set(text, yaml);
  refuseTwiceInPack(yaml, place);
  return { parsed: { ...pack, parsed: yaml }, warnings: templatedYamlWarnings(yaml, `${title}, values`) };
}

/** Elsewhere a key that is there twice is Helm's business; below `pack` it would silently lose a list of images. */
function refuseTwiceInPack({ documents }: TemplatedYaml, place: (line: number) => string): void {
  const duplicate = documents
    .flatMap(({ duplicates }) => duplicates)
    .find(({ rootKey }) => rootKey === 'pack');
  if (duplicate === undefined) return;
  throw yamlInvalid(
    place(duplicate.line),
    `the key ${JSON.stringify(shownText(duplicate.key))} is there twice`,
  );
}

/** Says what of a templated text was not read or is ambiguous. */
export function templatedYamlWarnings(yaml: TemplatedYaml, title: string): Warning[] {
  const duplicates = yaml.documents.flatMap((document) => document.duplicates);
  return [
    ...yaml.skippedLines.map((line) => ({
      code: 'MACRO_BLOCK_SKIPPED',
      message: `${title} line ${line}: the macro stands for a block of YAML; images in it are not seen. Add them with --image`,
    })),
    ...yaml.unreadSections.map(({ key, line, error }) => ({
      code: 'SECTION_NOT_READ',
      message: `${title} line ${line}: the section ${shownText(key)} is no YAML before its templates are rendered; images in it are not seen (${error.message})`,
    })),
    ...duplicates.map(({ key, line }) => ({
      code: 'DUPLICATE_KEY',
      message: `${title} line ${line}: the key ${JSON.stringify(shownText(key))} is there twice; the last one counts`,
    })),
  ];
}
