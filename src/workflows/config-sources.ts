import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { PaletteEdgeError } from '../errors.ts';
import { parseReference } from '../oci/reference.ts';
import { readImageList } from '../profile/image-list.ts';
import { readProfile } from '../profile/read-profile.ts';
import { readSourceFile } from './read-source-file.ts';

/** A file that says what goes into a bundle. */
export type ConfigSource = ProfileSource | ListSource;

interface ProfileSource {
  readonly kind: 'profile';
  readonly path: string;
  readonly name: string;
  readonly version: string;
  /** As of {@link readProfile}. */
  readonly type: string;
}

interface ListSource {
  readonly kind: 'images-file';
  readonly path: string;
  /** Images in it. */
  readonly count: number;
  /** Whether each line is more than a word: any word names an image. */
  readonly looksLikeList: boolean;
}

/** More is no folder that somebody keeps profiles in. */
const mostFiles = 200;
/** In bytes. Nobody waits for larger ones to be looked through unasked; named, they are read. */
const largestFile = 4 * 1024 * 1024;

/**
 * The profiles and image lists of a folder, by name: what can be read as one, among files with the endings of such.
 *
 * @throws the signal's reason when aborted
 */
export async function findConfigSources(folder: string, signal: AbortSignal): Promise<ConfigSource[]> {
  const names = await readdir(folder).catch(() => []);
  const candidates = names
    .filter((name) => /\.(?:json|ya?ml|txt)$/i.test(name) && !name.startsWith('.'))
    .toSorted()
    .slice(0, mostFiles);
  const found: ConfigSource[] = [];
  for (const name of candidates) {
    signal.throwIfAborted();
    const source = await sourceIn(join(folder, name));
    if (source !== undefined) found.push(source);
  }
  return found;
}

/** What is no source is passed over: nobody said that it was one. */
async function sourceIn(path: string): Promise<ConfigSource | undefined> {
  const status = await stat(path).catch(() => undefined);
  // Before it is opened: a pipe would be waited for.
  if (status?.isFile() !== true || status.size > largestFile) return undefined;
  try {
    const source = await readConfigSource(path);
    return source.kind === 'profile' || source.looksLikeList ? source : undefined;
  } catch (error) {
    if (error instanceof PaletteEdgeError) return undefined;
    throw error;
  }
}

/**
 * Reads a file that somebody named: JSON and YAML is a profile, anything else an image list.
 *
 * @throws as {@link readProfileSource} and {@link readListSource}
 */
export async function readConfigSource(path: string): Promise<ConfigSource> {
  return await (/\.(?:json|ya?ml)$/i.test(path) ? readProfileSource(path) : readListSource(path));
}

/** @throws PaletteEdgeError `FILE_NOT_FOUND`, `PROFILE_INVALID`, `YAML_INVALID` and others of reading */
export async function readProfileSource(path: string): Promise<ProfileSource> {
  const { name, version, type } = readProfile(await readSourceFile(path, 'profile'));
  return { kind: 'profile', path, name, version, type };
}

/** @throws PaletteEdgeError `FILE_NOT_FOUND`, `REFERENCE_INVALID` and others of reading */
export async function readListSource(path: string): Promise<ListSource> {
  const images = readImageList(await readSourceFile(path, 'image list'));
  for (const { text } of images) parseReference(text);
  const looksLikeList = images.length > 0 && images.every(({ text }) => /[:/]/.test(text));
  return { kind: 'images-file', path, count: images.length, looksLikeList };
}

/**
 * What is taken when nobody says otherwise: all profiles, and without any the only list. Nothing where that would not make one
 * cluster: two versions of a profile, or two profiles of infrastructure.
 */
export function defaultSources(sources: readonly ConfigSource[]): readonly ConfigSource[] {
  const profiles = sources.filter((source) => source.kind === 'profile');
  if (profiles.length === 0) return sources.length === 1 ? sources : [];
  const names = new Set(profiles.map(({ name }) => name));
  const bases = profiles.filter(({ type }) => type === 'infra' || type === 'cluster');
  return names.size < profiles.length || bases.length > 1 ? [] : profiles;
}
