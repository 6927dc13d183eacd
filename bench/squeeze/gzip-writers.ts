import { copyFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

import { goDeflate } from '../../test/support/go-oracle.ts';
import { writeDirImage } from '../../test/support/write-dir-image.ts';
import { timedRun } from '../timed-run.ts';

/** A program that compresses layers. */
export interface GzipWriter {
  /** Who uses it, too. */
  readonly name: string;
  /** Makes a gzip file of a tar, from path to path. */
  readonly write: (tar: string, gzip: string) => Promise<void>;
}

/** As Go's compress/gzip writes it: BuildKit, containerd and moby at level 6; ko, crane, kaniko and buildpacks at level 1. */
export function goWriter(level: number): GzipWriter['write'] {
  return async (tar, gzip) => {
    const plain = await readFile(tar);
    const [stream = Buffer.alloc(0)] = goDeflate([plain], level);
    const head = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, level === 1 ? 4 : level === 9 ? 2 : 0, 255]);
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(crc32(plain));
    trailer.writeUInt32LE(plain.length % 2 ** 32, 4);
    await writeFile(gzip, Buffer.concat([head, stream, trailer]));
  };
}

const pythonProgram = `
import sys, zlib
made = zlib.compressobj(6, zlib.DEFLATED, 31)
with open(sys.argv[1], 'rb') as tar, open(sys.argv[2], 'wb') as out:
    while piece := tar.read(1 << 20):
        out.write(made.compress(piece))
    out.write(made.flush())
`;

/** @param path where programs are looked for */
export function gzipWriters(path: string): readonly GzipWriter[] {
  const shell =
    (script: string): GzipWriter['write'] =>
    async (tar, gzip) =>
      void (await timedRun(['sh', '-ec', script, 'sh', tar, gzip], { cwd: '/', env: { PATH: path } }));
  return [
    { name: 'Go 6: BuildKit, containerd, moby', write: goWriter(6) },
    { name: 'Go 1: ko, crane, kaniko, buildpacks', write: goWriter(1) },
    {
      name: 'zlib 6: Python, JDK (jib), bsdtar (Bazel)',
      write: async (tar, gzip) =>
        void (await timedRun(['/usr/bin/python3', '-c', pythonProgram, tar, gzip], { cwd: '/' })),
    },
    { name: 'GNU gzip 6', write: shell('gzip -n -6 < "$1" > "$2"') },
    { name: 'pigz 6', write: shell('pigz -n -6 < "$1" > "$2"') },
    { name: "pigz 9: Debian's base image", write: shell('pigz -n -9 < "$1" > "$2"') },
    {
      name: 'pgzip: skopeo, podman, buildah',
      write: async (tar, gzip) => await skopeoGzip(tar, gzip, path),
    },
  ];
}

/** What skopeo makes of a layer that is not compressed when it copies the image. */
async function skopeoGzip(tar: string, gzip: string, path: string): Promise<void> {
  const folder = await mkdtemp(`${gzip}.`);
  const image = join(folder, 'image');
  await writeDirImage(image, await readFile(tar));
  const copy = [
    'skopeo',
    'copy',
    '-q',
    '--insecure-policy',
    `dir:${image}`,
    `oci:${folder}/layout:1`,
  ] as const;
  await timedRun(copy, { cwd: folder, env: { PATH: path } });
  const blobs = join(folder, 'layout', 'blobs', 'sha256');
  const sizes = await Promise.all(
    (await readdir(blobs)).map(async (name) => ({ name, size: (await stat(join(blobs, name))).size })),
  );
  // The others are a manifest and a config.
  const [layer] = sizes.toSorted((left, right) => right.size - left.size);
  if (layer === undefined) throw new Error('skopeo wrote no layer');
  await copyFile(join(blobs, layer.name), gzip);
  await rm(folder, { recursive: true });
}
