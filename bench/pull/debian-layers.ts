import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import type { DebianPackage } from './debian-packages.ts';

/** What is in a layer. */
export type LayerContent =
  | { readonly packages: readonly DebianPackage[] }
  /** Path → content. */
  | { readonly files: Readonly<Record<string, string>> }
  /** Path → a file of this machine, and what tells its content apart. */
  | { readonly copies: Readonly<Record<string, { readonly path: string; readonly digest: string }>> };

/** A gzip layer in the cache. */
export interface BuiltLayer {
  readonly digest: string;
  /** Bytes of the gzip file. */
  readonly size: number;
  /** Of the tar in it. */
  readonly diffId: string;
}

// Raised whenever the bytes made below change.
const recipeVersion = 1;

// Everything that differs from run to run or user to user is fixed; gzip -n leaves out name and time.
const archive = `tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --format=gnu -C tree -cf layer.tar .
rm -rf tree`;

/** Makes a gzip layer, or finds it in the cache. The same packages give the same bytes. */
export async function buildLayer(cache: string, content: LayerContent): Promise<BuiltLayer> {
  const name = createHash('sha256')
    .update(JSON.stringify([recipeVersion, content]))
    .digest('hex');
  const record = join(cache, 'layers', `${name}.json`);
  const known = await readRecord(record);
  if (known !== undefined) return known;
  const work = await mkdtemp(join(cache, 'work-'));
  try {
    await fillTree(join(work, 'tree'), join(cache, 'debs'), content);
    await shell(archive, work);
    const diffId = await fileDigest(join(work, 'layer.tar'));
    await shell('gzip -n -6 layer.tar', work);
    const digest = await fileDigest(join(work, 'layer.tar.gz'));
    await mkdir(join(cache, 'blobs'), { recursive: true });
    const { size } = await stat(join(work, 'layer.tar.gz'));
    await rename(join(work, 'layer.tar.gz'), join(cache, 'blobs', digest));
    const layer = { digest, size, diffId };
    await mkdir(dirname(record), { recursive: true });
    await writeFile(record, JSON.stringify(layer));
    return layer;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function readRecord(path: string): Promise<BuiltLayer | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const layer: BuiltLayer = JSON.parse(text);
  return layer;
}

async function fillTree(tree: string, debs: string, content: LayerContent): Promise<void> {
  await mkdir(tree);
  if ('packages' in content) {
    for (const { file } of content.packages)
      await shell('dpkg-deb -x "$1" "$2"', tree, [join(debs, file), tree]);
    return;
  }
  if ('copies' in content) {
    for (const [path, { path: source }] of Object.entries(content.copies)) {
      await mkdir(dirname(join(tree, path)), { recursive: true });
      await copyFile(source, join(tree, path));
      await chmod(join(tree, path), 0o755);
    }
    return;
  }
  for (const [path, text] of Object.entries(content.files)) {
    const mode = path.includes('/bin/') ? 0o755 : 0o644;
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), text, { mode });
  }
}

/** `sha256:…` of a file. */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return `sha256:${hash.digest('hex')}`;
}

async function shell(script: string, cwd: string, args: readonly string[] = []): Promise<void> {
  const child = spawn('sh', ['-ec', `umask 022\n${script}`, 'sh', ...args], {
    cwd,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${script} ended with ${code}`);
}
