import { Flags } from '@oclif/core';

import type { DefinitionOptions } from '../definition/definition.ts';
import { PaletteEdgeError } from '../errors.ts';
import type { BuildInput } from '../workflows/build-input.ts';
import { parseFileFlag } from '../workflows/bundle-files.ts';
import { definitionFiles, loadDefinition, loadDefinitionIfThere } from '../workflows/load-definition.ts';
import type { LoadedDefinition } from '../workflows/load-definition.ts';
import type { ImageScope } from '../workflows/scope-images.ts';
import { imageSources } from './image-source-flags.ts';
import type { ImageSourceFlags } from './image-source-flags.ts';
import { requirePath } from './output-path.ts';
import { paletteRequest } from './palette-flags.ts';
import type { PaletteFlags } from './palette-flags.ts';
import { keptPlatforms } from './platform-flags.ts';
import { imageScope } from './scope-flags.ts';
import type { ContentFlags, ScopeFlags } from './scope-flags.ts';

const helpGroup = 'DEFINITION';

/** Builds from a definition. */
export const buildDefinitionFlags = {
  definition: Flags.string({
    helpGroup,
    helpValue: 'FILE',
    summary:
      'Build from a definition that palette-edge resolve --write has written: the same bundle on any day.',
    description: 'In place of profiles, images and lists. Flags about the bundle win over what it says.',
  }),
};

/** Writes and checks definitions. */
export const resolveDefinitionFlags = {
  write: Flags.string({
    helpGroup,
    helpValue: 'FILE',
    summary: 'Pin the images to their digests and write them as a definition, for build --definition.',
    description:
      'Asks registries. A file that is there is brought up to date: comments and digests in it stay.',
  }),
  update: Flags.boolean({
    helpGroup,
    summary: 'With --write: bring the digests that are there to what tags stand for now.',
    default: false,
  }),
  offline: Flags.boolean({
    helpGroup,
    summary:
      'With --write: ask no registry. Only digests of references and of --existing-bundle are written.',
    default: false,
  }),
  check: Flags.string({
    helpGroup,
    helpValue: 'FILE',
    summary:
      'Ask registries and chart repositories what of a definition has moved, and what is gone; exit with 9 for any.',
    exclusive: ['write'],
  }),
};

/** What was given for the flags that a definition can say too. */
export interface DefinableFlags extends ImageSourceFlags, PaletteFlags, ScopeFlags, ContentFlags {
  readonly arch: readonly string[];
  readonly platform: readonly string[];
  readonly 'allow-missing-platform': boolean;
  readonly outfile?: string | undefined;
  readonly 'compression-level'?: number | undefined;
}

/** The part of a build's input that a definition can say. */
type DefinableInput = Pick<
  BuildInput,
  | 'sources'
  | 'platforms'
  | 'allowMissingPlatform'
  | 'files'
  | 'existingBundles'
  | 'outfile'
  | 'compressionLevel'
>;

const defaultCompressionLevel = 3;

/** Definitions that have a say. */
export interface NamedDefinitions {
  /** What is built. */
  readonly definition?: LoadedDefinition | undefined;
  /** What is written to: its patterns and renames count for what is written. */
  readonly target?: LoadedDefinition | undefined;
}

/**
 * What flags say, and where they do not, what a definition does. Patterns, renames and files of both are taken.
 *
 * @throws PaletteEdgeError of kind usage: `DEFINITION_CONFLICT` for a definition beside other sources, and for flags that
 *   make no sense
 */
export function definableInput(flags: DefinableFlags, named: NamedDefinitions): DefinableInput {
  const { definition } = named;
  const options = (definition ?? named.target)?.definition.options ?? noOptions;
  const listed = definition === undefined ? [] : definitionFiles(definition);
  return {
    sources: { ...sourcesOf(flags, named), scope: scopeOf(flags, options, definition !== undefined) },
    platforms: keptPlatforms(flags) ?? options.platforms,
    allowMissingPlatform: flags['allow-missing-platform'] || options.allowMissingPlatform === true,
    files: [...listed, ...flags.file.map(parseFileFlag)],
    existingBundles: flags['existing-bundle'],
    outfile: flags.outfile ?? options.name,
    compressionLevel: flags['compression-level'] ?? options.compressionLevel ?? defaultCompressionLevel,
  };
}

/** Nothing is said of patterns of a definition that is built: what they left out is no longer in it. */
function scopeOf(flags: ScopeFlags, options: DefinitionOptions, isBuilt: boolean): ImageScope {
  const scope = imageScope({
    'exclude-profile': flags['exclude-profile'],
    exclude: [...options.exclude, ...flags.exclude],
    map: [...options.map, ...flags.map],
  });
  return isBuilt ? { ...scope, silentExcludes: options.exclude } : scope;
}

const noOptions: DefinitionOptions = { map: [], exclude: [] };

function sourcesOf(flags: DefinableFlags, { definition, target }: NamedDefinitions): BuildInput['sources'] {
  if (definition !== undefined) return onlyDefinition(flags, definition);
  // Without sources all that was written for sources would be gone from the definition.
  const isFilesOnly = flags.file.length > 0 && (target?.definition.images ?? []).length === 0;
  return imageSources(flags, paletteRequest(flags), isFilesOnly);
}

/** @throws PaletteEdgeError `DEFINITION_INVALID` (kind usage), or why it cannot be read */
export async function namedDefinition(path: string | undefined): Promise<LoadedDefinition | undefined> {
  return path === undefined ? undefined : await loadDefinition(requirePath(path, '--definition FILE'));
}

/** The definition that is written to; undefined when there is none yet. */
export async function definitionToWrite(path: string): Promise<LoadedDefinition | undefined> {
  return await loadDefinitionIfThere(requirePath(path, '--write FILE'));
}

function onlyDefinition(flags: DefinableFlags, definition: LoadedDefinition): BuildInput['sources'] {
  const names = ['profile', 'image', 'images-file', 'manifest', 'cluster-profile-ids'] as const;
  const switches = ['include-palette-content', 'include-core-images-only'] as const;
  const given = [
    ...names.filter((name) => flags[name].length > 0),
    ...switches.filter((name) => flags[name]),
  ];
  if (given.length > 0) {
    const list = given.map((name) => `--${name}`).join(', ');
    throw new PaletteEdgeError('DEFINITION_CONFLICT', `--definition names all images, and so does ${list}`, {
      kind: 'usage',
      suggestions: [`Add them to the definition: palette-edge resolve ${list} … --write ${definition.path}`],
    });
  }
  const none = { profiles: [], images: [], imagesFiles: [], manifests: [] };
  return { ...none, charts: flags.chart, variables: new Map(), macros: new Map(), definition };
}

/** Patterns and renames as they are written: those that are there, then those of flags. */
export function textsToWrite(
  flags: Pick<ScopeFlags, 'exclude' | 'map'>,
  target: LoadedDefinition | undefined,
): { readonly exclude: readonly string[]; readonly map: readonly string[] } {
  const { exclude = [], map = [] } = target?.definition.options ?? {};
  return { exclude: [...new Set([...exclude, ...flags.exclude])], map: [...new Set([...map, ...flags.map])] };
}
