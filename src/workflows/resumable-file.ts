import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { systemErrorCode } from '../errors.ts';
import { removeStalePartials } from '../io/atomic-file.ts';
import { makeFolder } from '../io/make-folder.ts';
import { totalSize } from '../io/total-size.ts';
import { identityIn, isRunning, ownIdentity } from '../store/process-identity.ts';

/** How a file is written that can be gone on with. */
export interface ResumableOptions {
  /** Whether what was written is worth keeping after this failure. */
  readonly isKept: (error: unknown) => boolean;
  /** As in `writeFileAtomically`. */
  readonly beforeNamed: () => Promise<void>;
}

/** What was written of something that is not complete, in a folder with the name of its writer: a file, or a folder of parts. */
type ContentName = 'content' | 'parts';
const contentNames: readonly ContentName[] = ['content', 'parts'];
const ownerName = 'owner.json';
/** Bytes. */
const longestOwner = 4096;
const folderPattern = /^[0-9a-f]{12}\.partial$/;

/**
 * A writer of which nothing else can be known, because it is on another host or in another container, is gone after so long without a
 * write. When that is wrong, it fails in the end, as its file is somebody else's then; no file is wrong by it.
 */
const silentMs = 10 * 60 * 1000;

/**
 * Writes a file beside its final name and renames it when complete, as `writeFileAtomically` does. What a writer leaves that was killed, or
 * that failed in a way that says nothing about the content, is given to the next one of that path.
 *
 * The bytes that are there are what somebody says: `write` has to check them. They are written by one process at a time, in
 * `NAME.<random>.partial/content`.
 *
 * @param write is given the file, for reading and writing, and how many bytes there are
 * @returns what `write` returned
 */
export async function writeResumably<T>(
  path: string,
  write: (file: FileHandle, size: number) => Promise<T>,
  { isKept, beforeNamed }: ResumableOptions,
): Promise<T> {
  const make = async (content: string): Promise<T> => {
    const result = await writeContent(content, write);
    await beforeNamed();
    await rename(content, path);
    return result;
  };
  return await makeResumably(path, 'content', { make, isKept });
}

/**
 * As {@link writeResumably}, for several files: what is there lies in a folder, and `write` makes them, and gives them their names, too.
 *
 * @param write is given the folder; what is in it is checked to be files of this user alone
 */
export async function writePartsResumably<T>(
  path: string,
  write: (folder: string) => Promise<T>,
  isKept: ResumableOptions['isKept'],
): Promise<T> {
  const make = async (folder: string): Promise<T> => {
    await makeFolder(folder);
    return await write(folder);
  };
  return await makeResumably(path, 'parts', { make, isKept });
}

async function makeResumably<T>(
  path: string,
  name: ContentName,
  { make, isKept }: Pick<ResumableOptions, 'isKept'> & { readonly make: (place: string) => Promise<T> },
): Promise<T> {
  await makeFolder(dirname(path));
  const folder = await makeOwned(path);
  const content = join(folder, name);
  try {
    await takeOver(path, folder, name);
    await removeStalePartials(path, undefined, { looksInside: true });
    const result = await make(content);
    await rm(folder, { recursive: true, force: true });
    return result;
  } catch (error) {
    const [left] = await lookAtContent(content, name);
    // Without an owner it is anybody's.
    if (left !== undefined && left.size > 0 && isKept(error))
      await rm(join(folder, ownerName), { force: true });
    else await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Bytes that earlier writers left of a file or its parts: who writes it goes on with them, or gives their space back. */
export async function leftBytes(path: string): Promise<number> {
  const left = await listLeft(path);
  return totalSize(left);
}

async function writeContent<T>(
  path: string,
  write: (file: FileHandle, size: number) => Promise<T>,
): Promise<T> {
  // A link in that place is nobody's of ours.
  const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o666);
  try {
    const result = await write(file, (await file.stat()).size);
    await file.datasync();
    return result;
  } finally {
    await file.close();
  }
}

/** A folder of this process' own. It says so before anything is in it. */
async function makeOwned(path: string): Promise<string> {
  const folder = `${path}.${randomBytes(6).toString('hex')}.partial`;
  await mkdir(folder);
  try {
    await writeFile(
      join(folder, ownerName),
      `${JSON.stringify({ version: 1, process: await ownIdentity() })}\n`,
    );
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  return folder;
}

/** The largest that is left becomes this process' own: a rename succeeds for one. The others are of no use any more. */
async function takeOver(path: string, folder: string, name: ContentName): Promise<void> {
  const { uid } = await lstat(folder);
  // What others put there is not written into.
  const left = (await listLeft(path)).filter((other) => other.uid === uid);
  left.sort((one, other) => other.size - one.size);
  let isTaken = false;
  for (const other of left) {
    isTaken ||= other.name === name && (await isMoved(join(other.folder, name), join(folder, name)));
    // Of another user, perhaps: then it stays.
    await rm(other.folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function isMoved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return false;
  }
}

interface LeftContent extends FoundContent {
  readonly folder: string;
  readonly name: ContentName;
}

/** A file, or files in a folder. */
interface FoundContent {
  /** Bytes. */
  readonly size: number;
  /** The user whose it is. */
  readonly uid: number;
  /** When something was written, in milliseconds. */
  readonly mtimeMs: number;
}

/** What has no living owner. */
async function listLeft(path: string): Promise<LeftContent[]> {
  const names = await readdir(dirname(path)).catch(() => []);
  const prefix = `${basename(path)}.`;
  const found = names
    .filter((name) => name.startsWith(prefix) && folderPattern.test(name.slice(prefix.length)))
    .map(async (name) => await lookAt(join(dirname(path), name)));
  return (await Promise.all(found)).flat();
}

async function lookAt(folder: string): Promise<LeftContent[]> {
  const made = await lstat(folder).catch(() => undefined);
  if (made?.isDirectory() !== true) return [];
  const found = contentNames.map(async (name) => {
    const contents = await lookAtContent(join(folder, name), name);
    return contents.map((content) => ({ ...content, folder, name }));
  });
  const [content, ...others] = (await Promise.all(found)).flat();
  if (content === undefined || others.length > 0 || content.uid !== made.uid) return [];
  return (await hasOwner(folder, content.mtimeMs)) ? [] : [content];
}

/** @returns nothing of what is something else, or has other names, or files of somebody else */
async function lookAtContent(path: string, kind: ContentName): Promise<FoundContent[]> {
  const status = await lstat(path).catch(() => undefined);
  if (kind === 'content') return status?.isFile() === true && status.nlink === 1 ? [status] : [];
  if (status?.isDirectory() !== true) return [];
  const names = await readdir(path).catch(() => []);
  const looks = names.map(async (name) => await lstat(join(path, name)).catch(() => undefined));
  const files = (await Promise.all(looks)).filter((file) => file !== undefined);
  if (files.some((file) => !file.isFile() || file.nlink !== 1 || file.uid !== status.uid)) return [];
  const mtimeMs = Math.max(status.mtimeMs, ...files.map((file) => file.mtimeMs));
  return [{ size: totalSize(files), uid: status.uid, mtimeMs }];
}

async function hasOwner(folder: string, written: number): Promise<boolean> {
  const text = await readStart(join(folder, ownerName)).catch(() => undefined);
  if (text === undefined) return false;
  const other = identityIn(text);
  const isAlive = other === undefined ? undefined : await isRunning(other, await ownIdentity());
  return isAlive ?? Date.now() - written <= silentMs;
}

async function readStart(path: string): Promise<string> {
  // Nothing waits for somebody to write into a pipe, and no large file is read.
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(longestOwner), { position: 0 });
  return buffer.toString('utf8', 0, bytesRead);
}
