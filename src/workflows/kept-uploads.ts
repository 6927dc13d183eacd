import { constants } from 'node:fs';
import { chmod, lstat, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { writeFileAtomically } from '../io/atomic-file.ts';
import { canonicalJson } from '../io/canonical-json.ts';
import type { Json } from '../io/canonical-json.ts';
import { isRecord } from '../io/is-record.ts';
import { makeFolder } from '../io/make-folder.ts';
import { digestHex, digestOf } from '../oci/digest.ts';
import type { RecordedUpload, UploadPlace, UploadRecord, UploadRecords } from '../registry/upload-records.ts';
import { isRunning, ownIdentity, parseIdentity } from '../store/process-identity.ts';
import type { ProcessIdentity } from '../store/process-identity.ts';

/** Bytes: of what is read, and of the location in it. */
const largestFile = 16 * 1024;
const longestLocation = 8 * 1024;
/** Registries throw uploads away that nobody goes on with; docker-registry does after a week. */
const staleAfterMs = 7 * 24 * 60 * 60 * 1000;
const mostFiles = 256;

/**
 * Remembers uploads in a folder, one file for each, that nobody but the user can read: a location may be all that is needed to write to
 * the upload. What cannot be read or written is as if it were not there.
 */
export class KeptUploads implements UploadRecords {
  readonly #folder: string;
  /** Paths of those that this process is about. */
  readonly #open = new Set<string>();
  #prepared: Promise<boolean> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async open(place: UploadPlace): Promise<UploadRecord | undefined> {
    const path = join(this.#folder, `${nameOf(place)}.json`);
    if (this.#open.has(path)) return undefined;
    this.#open.add(path);
    this.#prepared ??= prepare(this.#folder);
    const own = await ownIdentity();
    const isUsable = await this.#prepared;
    const before = isUsable ? await read(path, place) : undefined;
    if (!isUsable || (await hasOwner(before, own))) {
      this.#open.delete(path);
      return undefined;
    }
    return {
      found: before?.upload,
      keep: async (upload) => {
        if (upload.location.length > longestLocation) await remove(path);
        else await write(path, { version: 1, ...keyOf(place), ...upload, process: own && { ...own } });
      },
      forget: async () => await remove(path),
      [Symbol.dispose]: () => {
        this.#open.delete(path);
      },
    };
  }
}

interface ReadRecord {
  readonly upload: RecordedUpload;
  readonly process: ProcessIdentity | undefined;
}

function keyOf({ origin, repository, blob }: UploadPlace): Record<string, string | number> {
  return { origin, repository, digest: blob.digest, size: blob.size };
}

function nameOf(place: UploadPlace): string {
  return digestHex(digestOf(Buffer.from(canonicalJson(keyOf(place)))));
}

async function read(path: string, place: UploadPlace): Promise<ReadRecord | undefined> {
  try {
    // A link in that place is nobody's of ours, and nothing waits for somebody to write into a pipe.
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const status = await file.stat();
    if (!status.isFile() || status.size > largestFile) return undefined;
    const document: unknown = JSON.parse(await file.readFile('utf8'));
    return parse(document, place);
  } catch {
    return undefined;
  }
}

function parse(document: unknown, place: UploadPlace): ReadRecord | undefined {
  if (!isRecord(document) || document['version'] !== 1) return undefined;
  const isOf = Object.entries(keyOf(place)).every(([key, value]) => document[key] === value);
  const { location, leastChunk, sentTo } = document;
  if (!isOf || typeof location !== 'string' || !isCount(leastChunk) || !isCount(sentTo)) return undefined;
  return { upload: { location, leastChunk, sentTo }, process: parseIdentity(document['process']) };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/**
 * Whether another process is about the upload. What this one left earlier is its own. One of which nothing can be known, as it is on another
 * host or in another container, is taken to be gone: that a machine or a container starts again is likelier than that two send the same
 * blob, and then one of them begins anew, by the registry's answers.
 */
async function hasOwner(found: ReadRecord | undefined, own: ProcessIdentity | undefined): Promise<boolean> {
  const other = found?.process;
  if (other === undefined || (own !== undefined && canonicalJson({ ...other }) === canonicalJson({ ...own })))
    return false;
  return (await isRunning(other, own)) ?? false;
}

async function write(path: string, document: Json): Promise<void> {
  const text = `${canonicalJson(document)}\n`;
  await writeFileAtomically(path, async (file) => await file.writeFile(text), { mode: 0o600 }).catch(
    () => undefined,
  );
}

async function remove(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => undefined);
}

/** @returns whether there is a folder of the user's own */
async function prepare(folder: string): Promise<boolean> {
  try {
    await makeFolder(folder);
    await chmod(folder, 0o700);
    await removeOld(folder);
    return true;
  } catch {
    return false;
  }
}

/** What nobody goes on with any more, and the oldest of too many. */
async function removeOld(folder: string): Promise<void> {
  const names = await readdir(folder);
  const looks = names.map(async (name) => {
    const path = join(folder, name);
    const status = await lstat(path).catch(() => undefined);
    return status?.isFile() === true ? [{ path, writtenAt: status.mtimeMs }] : [];
  });
  const files = (await Promise.all(looks)).flat();
  files.sort((one, other) => other.writtenAt - one.writtenAt);
  for (const [index, { path, writtenAt }] of files.entries())
    if (index >= mostFiles || Date.now() - writtenAt > staleAfterMs) await remove(path);
}
