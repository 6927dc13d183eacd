import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { onTestFinished } from 'vitest';

import { openFileAccess } from '../../src/io/random-access.ts';
import type { RandomAccess } from '../../src/io/random-access.ts';
import type { IsoEntry } from '../../src/iso/iso-entry.ts';
import { openIsoImage } from '../../src/iso/iso-image.ts';
import type { IsoImage } from '../../src/iso/iso-image.ts';
import { writeIso } from '../../src/iso/iso-writer.ts';
import { requireTool } from './required-tools.ts';
import { memoryAccess } from './sample-bundle.ts';
import { temporaryFolder } from './temporary-folder.ts';

const run = promisify(execFile);

/** Files by their path in an image. */
export type SampleFiles = Readonly<Record<string, string | Uint8Array>>;

/** Writes files into a folder of the running test. */
export async function sourceFolder(files: SampleFiles): Promise<string> {
  const folder = await temporaryFolder();
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

/** The entries for such files, in their order. */
export async function sampleEntries(files: SampleFiles): Promise<IsoEntry[]> {
  const folder = await sourceFolder(files);
  return Object.entries(files).map(([path, content]) => ({
    path,
    source: join(folder, path),
    size: Buffer.byteLength(content),
  }));
}

/** Writes an image with the tool's own writer. */
export async function sampleIso(entries: readonly IsoEntry[], label = 'COS_CONTENT'): Promise<string> {
  const path = join(await temporaryFolder(), 'sample.iso');
  const { signal } = new AbortController();
  await writeIso(entries, { label, path, xorriso: requireTool('xorriso'), signal });
  return path;
}

/** Has another tool make an image of a folder: `genisoimage` with these options. */
export async function foreignIso(folder: string, ...options: readonly string[]): Promise<string> {
  const path = join(await temporaryFolder(), 'foreign.iso');
  await run(requireTool('genisoimage'), ['-quiet', ...options, '-o', path, folder]);
  return path;
}

/** Opens an image by its path, or one that is in memory; it is closed when the running test ends. */
export async function openIso(image: string | Uint8Array): Promise<IsoImage> {
  if (typeof image !== 'string') return await openIsoImage(memoryAccess(image), 'sample.iso');
  const opened = await openIsoImage(await openFileAccess(image, 'image'), 'sample.iso');
  onTestFinished(async () => await opened.close());
  return opened;
}

/** The content of the first file of an image. */
export function openFirst(image: IsoImage): RandomAccess {
  for (const file of image.files) return image.open(file);
  throw new Error('the image is empty');
}

/** All files of an image with their content. */
export async function contentOf(image: IsoImage): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const file of image.files) {
    const access = image.open(file);
    found[file.path] = Buffer.from(await access.read(0, access.size)).toString('latin1');
  }
  return found;
}

/** The image's bytes. */
export async function bytesOf(path: string): Promise<Buffer> {
  return await readFile(path);
}
