import { chmod, readlink, realpath, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { systemErrorCode, wordDiskError } from '../errors.ts';
import { writeFileAtomically } from '../io/atomic-file.ts';
import { isRecord } from '../io/is-record.ts';
import { makeFolder } from '../io/make-folder.ts';
import { readCredentialFile } from './credential-file.ts';
import { eraseFromHelper, storeInHelper } from './credential-helper.ts';
import type { HelperRunOptions } from './credential-helper.ts';
import { normaliseCredentialKey } from './credential-keys.ts';
import { helperOf, parseDockerConfig } from './docker-config.ts';

/** Where a password was put, or was taken from. */
export interface StoredLogin {
  /** The Docker config. */
  readonly path: string;
  /** The program that keeps the password; undefined when the file does, readable by whoever may read the file. */
  readonly helper: string | undefined;
}

/** A Docker config to write, and how its helpers are run. */
export interface CredentialStoreOptions extends HelperRunOptions {
  readonly path: string;
}

/** A login as the user gave it. */
export interface Login {
  /** As in a reference: `docker.io`, `localhost:5000`. */
  readonly registry: string;
  readonly username: string;
  readonly password: string;
}

/**
 * The Docker config that a login is written to: the first one that would be read.
 *
 * @param environment its `REGISTRY_AUTH_FILE` and `DOCKER_CONFIG` decide, before `~/.docker/config.json`
 */
export function loginFile(
  environment: Readonly<Record<string, string | undefined>>,
  homeFolder: string,
): string {
  const { REGISTRY_AUTH_FILE: authFile, DOCKER_CONFIG: folder } = environment;
  return authFile || join(folder || join(homeFolder, '.docker'), 'config.json');
}

/**
 * Keeps a login as `docker login` does: in the helper of `credHelpers` or `credsStore`, else in `auths`. Everything else
 * in the file stays as it was. Older entries of the same registry, under whatever spelling, go.
 *
 * @throws PaletteEdgeError `CREDENTIAL_HELPER_FAILED`, `CREDENTIAL_FILE_INVALID`, or kind disk
 */
export async function storeLogin(login: Login, options: CredentialStoreOptions): Promise<StoredLogin> {
  const { path } = options;
  const { registry, username, password } = login;
  const document = await readCredentialFile(path, 'docker');
  const helper = helperFor(document, path, registry);
  if (helper !== undefined) await storeInHelper(helper, login, options);
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  // Docker leaves an empty entry where a helper has the password: it is how the login is listed.
  await writeDocument(path, withEntry(document, registry, helper === undefined ? { auth } : {}));
  return { path, helper: helper && `docker-credential-${helper}` };
}

/**
 * Forgets a login, in the helper and in the file.
 *
 * @returns undefined when there was none: then the file is not touched
 * @throws PaletteEdgeError as {@link storeLogin} does
 */
export async function eraseLogin(
  registry: string,
  options: CredentialStoreOptions,
): Promise<StoredLogin | undefined> {
  const { path } = options;
  const document = await readCredentialFile(path, 'docker');
  const helper = helperFor(document, path, registry);
  const wasInHelper = helper !== undefined && (await eraseFromHelper(helper, registry, options));
  const without = withEntry(document, registry, undefined);
  const wasInFile = countEntries(without) < countEntries(document);
  if (wasInFile) await writeDocument(path, without);
  if (!wasInFile && !wasInHelper) return undefined;
  return { path, helper: wasInHelper ? `docker-credential-${helper}` : undefined };
}

type Document = Readonly<Record<string, unknown>>;

/** Without `auths`: an entry that makes no sense is no reason not to write a good one. */
function helperFor({ auths: _auths, ...rest }: Document, path: string, registry: string): string | undefined {
  return helperOf(parseDockerConfig(rest, path), registry);
}

/** @param entry undefined to leave the registry out */
function withEntry(document: Document, registry: string, entry: Document | undefined): Document {
  const auths = isRecord(document['auths']) ? document['auths'] : {};
  const key = registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry;
  const others = Object.entries(auths).filter(([name]) => normaliseCredentialKey(name) !== registry);
  const entries = entry === undefined ? others : inPlace(Object.keys(auths), others, [key, entry]);
  return { ...document, auths: Object.fromEntries(entries) };
}

/** Where the entry was before, or at the end. */
function inPlace(
  names: readonly string[],
  others: readonly [string, unknown][],
  entry: readonly [string, unknown],
): (readonly [string, unknown])[] {
  const before = names.indexOf(entry[0]);
  if (before === -1) return [...others, entry];
  const kept = new Set(others.map(([name]) => name));
  const place = names.slice(0, before).filter((name) => kept.has(name)).length;
  return others.toSpliced(place, 0, [...entry]);
}

function countEntries({ auths }: Document): number {
  return isRecord(auths) ? Object.keys(auths).length : 0;
}

async function writeDocument(path: string, document: Document): Promise<void> {
  try {
    const target = await followLinks(path);
    const made = await makeFolder(dirname(target));
    if (made !== undefined) await chmod(made, 0o700);
    const before = await stat(target).catch(() => undefined);
    // Docker indents with tabs.
    const text = `${JSON.stringify(document, null, '\t')}\n`;
    const write = async (file: FileHandle): Promise<void> => {
      // Root, who logs in for somebody, must not take the file away.
      if (before !== undefined) await file.chown(before.uid, before.gid).catch(() => undefined);
      await file.writeFile(text);
    };
    await writeFileAtomically(target, write, { mode: 0o600 });
  } catch (error) {
    throw wordDiskError(error, `writing the Docker config ${path}`);
  }
}

/** The file that a name stands for: a link stays a link, also one to a file that is not there yet. */
async function followLinks(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    const target = await readlink(path).catch(() => undefined);
    return target === undefined ? path : resolve(dirname(path), target);
  }
}
