import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { partNames } from '../bundle/part-name.ts';
import { PartOutput } from '../bundle/part-output.ts';
import type { PartOutputOptions, WrittenPart } from '../bundle/part-output.ts';
import { encodePartsList, partsListName } from '../bundle/parts-list.ts';
import type { ListedFile, PartsList } from '../bundle/parts-list.ts';
import type { BundleSink, WrittenBundle } from '../bundle/sink-output.ts';
import type { Inventory } from '../bundle/inventory.ts';
import { writeBundle } from '../bundle/write-bundle.ts';
import type { TarPlan, WriteBundleOptions } from '../bundle/write-bundle.ts';
import { wordDiskError } from '../errors.ts';
import { removeStalePartials } from '../io/atomic-file.ts';
import { hashHere } from '../io/hash-thread.ts';
import { digestHex } from '../oci/digest.ts';
import type { AgeRecipients } from '../trust/age-recipients.ts';
import { isOlderBundle } from './check-output.ts';
import { emptyChecksumFile, writeChecksumFile } from './checksum-file.ts';
import { encryptContent } from './encrypt-content.ts';
import type { WrittenContent } from './encrypt-content.ts';
import { knownParts, removeKnownParts } from './known-parts.ts';
import { Partials } from './part-files.ts';
import type { PartFiles } from './part-files.ts';
import type { SplitRequest } from './split-request.ts';

/** A plan of a bundle of any mode, and what it is called. */
export interface OutputPlan extends TarPlan {
  readonly id: string;
  readonly inventory: TarPlan['inventory'] & Pick<Inventory, 'name' | 'tool'>;
}

/** What is written in parts, and where: `path` is what the parts are joined to. */
export interface WritePartsOptions extends Pick<
  WriteBundleOptions,
  'blobs' | 'compressionLevel' | 'frameContent' | 'long' | 'hasher' | 'signal' | 'onBytes'
> {
  readonly plan: OutputPlan;
  readonly path: string;
  readonly split: SplitRequest;
  /** Who can read it; undefined writes the bundle as it is. */
  readonly encryption?: AgeRecipients | undefined;
}

/** Bytes of a bundle, from wherever they come. */
export interface OutputContent {
  /** Of the bundle. */
  readonly id: string;
  /** What writes it. */
  readonly tool: Inventory['tool'];
  /** Puts them into a sink. */
  readonly write: (sink: BundleSink) => Promise<WrittenBundle>;
}

/** Where the parts of content go, and how. */
export type PartsPlace = Pick<WritePartsOptions, 'path' | 'split' | 'encryption' | 'hasher'>;

/** A bundle that was written in parts. */
export interface WrittenParts extends WrittenContent {
  /** Path of the list. */
  readonly list: string;
  /** In order. */
  readonly parts: readonly ListedFile[];
}

/**
 * Writes a bundle in parts, in one pass (docs/bundle-format.md, "Parts"). Nothing has its name before everything is on the disk; then
 * the parts get theirs, those of an older bundle that are left over are removed, and the list is the last to come. An older bundle in one
 * file goes then: it would be taken for the new one.
 *
 * @throws what reading the blobs and writing the files throws; nothing is left then, and an older bundle is whole, unless the parts
 *   were getting their names already
 */
export async function writeParts(options: WritePartsOptions): Promise<WrittenParts> {
  const { id, inventory } = options.plan;
  const write = async (sink: BundleSink): Promise<WrittenBundle> => await writeBundle(options, sink);
  return await writeContentInParts({ id, tool: inventory.tool, write }, options);
}

/** As {@link writeParts}, of any content. What is cut is the encrypted file. */
export async function writeContentInParts(content: OutputContent, place: PartsPlace): Promise<WrittenParts> {
  await removeStalePartials(place.path, undefined, { looksInside: true });
  await using files = new Partials(place.path);
  return await writePartFiles(content, place, files);
}

/** As {@link writeContentInParts}, into files that may have a beginning of it: `content` knows how much. */
export async function writePartFiles(
  content: OutputContent,
  { path, split, encryption, hasher = hashHere }: PartsPlace,
  files: PartFiles,
): Promise<WrittenParts> {
  const { written, parts } = await writeInto(content, {
    partSize: split.partSize,
    createFile: async () => await files.create(),
    openFile: files.open,
    hasher,
    encryption,
  });
  const names = partNames(basename(path), parts.length, split.style);
  const listed = parts.map((part, index) => ({ name: names[index] ?? '', ...part }));
  const list: PartsList = {
    tool: content.tool,
    bundle: {
      name: basename(path),
      size: written.size,
      sha256: digestHex(written.sha256),
      id: content.id,
      encryption: encryption === undefined ? undefined : 'age',
    },
    parts: listed,
  };
  await nameParts(path, list, files);
  return { ...written, list: listPathOf(path), parts: listed };
}

interface PartsOptions extends Omit<PartOutputOptions, 'most'> {
  readonly encryption: AgeRecipients | undefined;
}

async function writeInto(
  { write }: OutputContent,
  options: PartsOptions,
): Promise<{ written: WrittenContent; parts: WrittenPart[] }> {
  await using output = new PartOutput(options);
  const written = await encryptContent(write, output, options);
  return { written, parts: await output.finish() };
}

/**
 * Killed in the middle, the unfinished list stays: it says which of the parts are ours, so that the next build may replace or remove
 * them. The older list stays in force until the end: what does not fit it any more is told by whoever reads it.
 */
async function nameParts(path: string, list: PartsList, partFiles: PartFiles): Promise<void> {
  const folder = dirname(path);
  const known = await knownParts(path);
  const files = [...partFiles.paths];
  await using partials = new Partials(listPathOf(path));
  const unfinished = await partials.write(encodePartsList(list));
  await emptyChecksumFile(path);
  for (const [index, { name }] of list.parts.entries()) {
    const file = files[index];
    if (file === undefined) throw new Error(`there is no file for ${name}`);
    await nameFile(file, join(folder, name));
    partFiles.keep(file);
    partials.keep(unfinished);
  }
  await removeKnownParts(path, known, new Set(list.parts.map(({ name }) => name)));
  await writeChecksumFile(
    path,
    list.parts.map(({ name, sha256 }) => ({ path: name, sha256 })),
  );
  await nameFile(unfinished, listPathOf(path));
  for (const name of known.unfinishedLists) await rm(join(folder, name), { force: true });
  // Not before they were read: they say which parts are ours, however old they are.
  await removeStalePartials(listPathOf(path));
  if (await isOlderBundle(path)) await rm(path, { force: true });
}

async function nameFile(file: string, path: string): Promise<void> {
  try {
    await rename(file, path);
  } catch (error) {
    throw wordDiskError(error, `writing the bundle to ${path}`);
  }
}

function listPathOf(path: string): string {
  return join(dirname(path), partsListName(basename(path)));
}
