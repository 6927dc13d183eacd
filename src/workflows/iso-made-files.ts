import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { encodePartsList, partsListName } from '../bundle/parts-list.ts';
import { wordDiskError } from '../errors.ts';
import { checksumListName, formatChecksums } from '../iso/iso-checksums.ts';
import type { FileChecksum } from '../iso/iso-checksums.ts';
import type { IsoEntry } from '../iso/iso-entry.ts';
import { isoReadme, readmeName } from '../iso/iso-readme.ts';
import { digestHex, digestOf } from '../oci/digest.ts';
import type { HashedFile } from './hash-iso-content.ts';
import type { IsoContent, IsoContentBundle, IsoContentFile } from './iso-content.ts';

/** Digests of what goes into an image. */
export type HashedContent = ReadonlyMap<IsoContentFile, HashedFile>;

/** Files that were made for an image. */
export interface MadeFiles {
  readonly entries: readonly IsoEntry[];
  /** Of all files of the image but the list of checksums itself, sorted by path. */
  readonly checksums: readonly FileChecksum[];
  /** Of the list itself, in hex. */
  readonly listSha256: string;
}

/**
 * Writes what is made for an image: what a person reads first, lists of parts, and the list of checksums.
 *
 * @param folder takes the files; any names, nothing else is in it
 * @throws PaletteEdgeError kind disk
 */
export async function writeMadeFiles(
  content: IsoContent,
  hashed: HashedContent,
  folder: string,
): Promise<MadeFiles> {
  const texts = new Map<string, string>([[readmeName, isoReadme(content)]]);
  for (const bundle of content.bundles) {
    if (bundle.isSplit === true) texts.set(partsListName(bundle.path), partsList(bundle, hashed));
  }
  const checksums = [
    ...[...hashed.values()].flatMap(({ pieces }) => pieces),
    ...[...texts].map(([path, text]) => ({ path, sha256: sha256Of(text) })),
  ].toSorted((left, right) => (left.path < right.path ? -1 : 1));
  const list = formatChecksums(checksums);
  texts.set(checksumListName, list);
  const entries: IsoEntry[] = [];
  for (const [path, text] of texts) {
    const source = join(folder, String(entries.length));
    try {
      await writeFile(source, text, { mode: 0o600 });
    } catch (error) {
      throw wordDiskError(error, `writing ${path} to ${folder}`);
    }
    entries.push({ path, source, size: Buffer.byteLength(text) });
  }
  return { entries, checksums, listSha256: sha256Of(list) };
}

function sha256Of(text: string): string {
  return digestHex(digestOf(Buffer.from(text)));
}

function partsList({ path, id, tool, files }: IsoContentBundle, hashed: HashedContent): string {
  const [file] = files;
  const digests = file && hashed.get(file);
  if (file === undefined || digests === undefined) throw new TypeError(`${path} was not hashed`);
  const { whole, pieces } = digests;
  return encodePartsList({
    tool,
    bundle: { name: basename(path), size: file.size, sha256: whole, id },
    parts: file.pieces.map((piece, index) => ({
      name: basename(piece.path),
      size: piece.size,
      sha256: pieces[index]?.sha256 ?? '',
    })),
  });
}
