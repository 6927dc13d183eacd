import { randomBytes } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { PaletteEdgeError, wordDiskError } from '../errors.ts';
import { writeFileAtomically } from '../io/atomic-file.ts';
import { makeFolder } from '../io/make-folder.ts';
import { digestHex } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { unlessMissing } from './unless-missing.ts';

/** What is where in a store; described in docs/store-format.md, and changed together with it. */
const storeVersion = 1;
const markerName = 'palette-edge-store.json';
const ociLayoutName = 'oci-layout';
const ociLayoutVersion = '1.0.0';

/** Written in this order: with the marker there, a half-made store is known as one. */
const fixedFiles: readonly (readonly [name: string, text: string])[] = [
  [markerName, `${JSON.stringify({ version: storeVersion })}\n`],
  // image-spec, image-layout.md#oci-layout-file
  [ociLayoutName, JSON.stringify({ imageLayoutVersion: ociLayoutVersion })],
  // image-spec, image-layout.md#indexjson-file; the tags of other tools are theirs, so an existing one is kept.
  ['index.json', '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}'],
  // https://bford.info/cachedir: backups leave the folder out, all of it can be pulled again.
  ['CACHEDIR.TAG', 'Signature: 8a477f597d28d172789f06886806bc55\n# The store of palette-edge.\n'],
];

/** More than any of the fixed files has; what is larger is none of ours. */
const fixedFileLimit = 4096;

/** Where a blob is once it is complete. */
export function blobPath(folder: string, digest: Digest): string {
  return join(blobFolder(folder), digestHex(digest));
}

/** Where all of them are. */
export function blobFolder(folder: string): string {
  return join(folder, 'blobs', 'sha256');
}

/** The tags of other tools. */
export function tagsPath(folder: string): string {
  return join(folder, 'index.json');
}

/** Where blobs are until they are complete. */
export function ingestFolder(folder: string): string {
  return join(folder, 'ingest');
}

/** Where running processes list the blobs that they need. Made with the first lease. */
export function leaseFolder(folder: string): string {
  return join(folder, 'leases');
}

/** A name that no other process has or will have. */
export function newLeasePath(folder: string): string {
  return leasePath(folder, randomBytes(6).toString('hex'));
}

/** Where the lease of an id is. */
export function leasePath(folder: string, id: string): string {
  return join(leaseFolder(folder), `${id}.lease`);
}

/** The id of a lease, 12 hex digits. */
export function leaseId(path: string): string {
  return basename(path, '.lease');
}

/**
 * Finds that the folder is a store, and makes nothing.
 *
 * @throws PaletteEdgeError `STORE_NOT_FOUND` (kind notFound), `NOT_A_STORE`, `STORE_VERSION_UNSUPPORTED` (kind usage); `DISK_…`
 */
export async function requireStore(folder: string): Promise<void> {
  const action = `opening the store ${folder}`;
  try {
    const version = await readField(join(folder, markerName), 'version');
    if (version === storeVersion) return;
    if (version !== undefined) throw unknownVersion(action, version);
    const isThere = (await unlessMissing(stat(folder))) !== undefined;
    throw new PaletteEdgeError(
      isThere ? 'NOT_A_STORE' : 'STORE_NOT_FOUND',
      `${action} failed: ${isThere ? `it has no ${markerName}` : 'there is no such folder'}`,
      {
        kind: isThere ? 'usage' : 'notFound',
        suggestions: ['Name a store with --store. The first build makes one.'],
      },
    );
  } catch (error) {
    throw wordDiskError(error, action);
  }
}

/**
 * Makes the folder a store, or finds that it is one. Any number of processes may do so at once.
 *
 * @throws PaletteEdgeError `NOT_A_STORE`, `STORE_VERSION_UNSUPPORTED` (kind usage) for a folder of something else;
 *   `NOT_A_FOLDER` for a file; `DISK_…` when it cannot be made
 */
export async function openStoreLayout(folder: string): Promise<void> {
  const action = `opening the store ${folder}`;
  try {
    await requireStoreOrEmpty(folder, action);
    await makeFolder(folder);
    for (const [name, text] of fixedFiles) await writeIfMissing(join(folder, name), text);
    await makeFolder(blobFolder(folder));
    await makeFolder(ingestFolder(folder));
  } catch (error) {
    throw wordDiskError(error, action);
  }
}

async function requireStoreOrEmpty(folder: string, action: string): Promise<void> {
  // Listed before the marker is read: whatever another process made meanwhile, it made the marker first.
  const names = (await unlessMissing(readdir(folder))) ?? [];
  const version = await readField(join(folder, markerName), 'version');
  if (version === storeVersion) return;
  if (version !== undefined) throw unknownVersion(action, version);
  if (names.every(isNoContent)) return;
  const layout = await readField(join(folder, ociLayoutName), 'imageLayoutVersion');
  if (layout === ociLayoutVersion) return;
  throw refusal('NOT_A_STORE', {
    action,
    reason:
      layout === undefined
        ? 'the folder is not empty, and is neither a store nor an OCI image layout'
        : `it is an OCI image layout of ${shown(layout)}, not ${ociLayoutVersion}`,
    suggestion: 'Choose a new or empty folder with --store.',
  });
}

function unknownVersion(action: string, version: unknown): PaletteEdgeError {
  return refusal('STORE_VERSION_UNSUPPORTED', {
    action,
    reason: `it is a store of ${shown(version)}; this palette-edge knows version ${storeVersion}`,
    suggestion: 'Use a newer palette-edge, or choose another folder with --store.',
  });
}

/** A fresh disk has lost+found; a process that was killed, or is at it right now, leaves the beginning of a marker. */
function isNoContent(name: string): boolean {
  return name === 'lost+found' || (name.startsWith(`${markerName}.`) && name.endsWith('.partial'));
}

/** @returns undefined when there is no such file; null when it is no JSON object with that field */
async function readField(path: string, field: string): Promise<unknown> {
  const status = await unlessMissing(stat(path));
  if (status === undefined) return undefined;
  if (!status.isFile() || status.size > fixedFileLimit) return null;
  try {
    const document: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof document !== 'object' || document === null) return null;
    return Object.entries(document).find(([name]) => name === field)?.[1] ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

async function writeIfMissing(path: string, text: string): Promise<void> {
  if ((await unlessMissing(stat(path))) !== undefined) return;
  await writeFileAtomically(path, async (file) => {
    await file.writeFile(text);
  });
}

function shown(value: unknown): string {
  return value === null ? 'an unknown version' : `version ${JSON.stringify(value).slice(0, 40)}`;
}

interface Refusal {
  readonly action: string;
  readonly reason: string;
  readonly suggestion: string;
}

function refusal(code: string, { action, reason, suggestion }: Refusal): PaletteEdgeError {
  return new PaletteEdgeError(code, `${action} failed: ${reason}`, {
    kind: 'usage',
    suggestions: [suggestion],
  });
}
