import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { embedInstaller } from '../../src/workflows/embed-installer.ts';
import type { EmbedInput, EmbedResult } from '../../src/workflows/embed-installer.ts';
import { bootTree } from './bootable-iso.ts';
import type { BootTree } from './bootable-iso.ts';
import { makeGuest } from './guest-kernel.ts';
import type { Guest } from './guest-kernel.ts';
import { bootImage } from './qemu.ts';
import type { GuestReport, Machine } from './qemu.ts';
import { requireTool } from './required-tools.ts';
import { imageToBundle, noise, sampleContent, writeSample } from './sample-bundle.ts';
import { addImage, graphOf, MemoryBlobs } from './sample-images.ts';

const pieceSize = 1024 * 1024;

/** Installers, and what is put into them, in a folder of their own. */
export interface InstallerTrial extends AsyncDisposable {
  readonly folder: string;
  readonly guest: Guest;
  readonly tree: BootTree;
  /** What embedding puts in: path → SHA-256. */
  readonly embedded: Readonly<Record<string, string>>;
  embed(installer: string, output: string): Promise<EmbedResult>;
  boot(image: string, machine: Machine): Promise<GuestReport>;
}

/** Makes a guest that starts, a bundle of some megabytes, and the other files that go into an installer. */
export async function installerTrial(): Promise<InstallerTrial> {
  const folder = await mkdtemp(join(tmpdir(), 'palette-edge-boot-'));
  const guest = await makeGuest(folder);
  const tree = await bootTree(folder, guest);
  const { request, embedded } = await makeFiles(folder);
  return {
    folder,
    guest,
    tree,
    embedded,
    embed: async (installer, output) =>
      await embedInstaller(
        { ...request, installer, output },
        { xorriso: requireTool('xorriso'), listener: { onStep: () => undefined, onBytes: () => undefined } },
        new AbortController().signal,
      ),
    boot: async (image, machine) => await bootImage(image, machine, folder),
    [Symbol.asyncDispose]: async () => await rm(folder, { recursive: true, force: true }),
  };
}

async function makeFiles(folder: string): Promise<{
  readonly request: Omit<EmbedInput, 'installer' | 'output'>;
  readonly embedded: Readonly<Record<string, string>>;
}> {
  const [bundle, userData] = [join(folder, 'core-boot.tar.zst'), join(folder, 'user-data')];
  const [clusterDefinition, edgeConfig] = [join(folder, 'definition.tgz'), join(folder, 'edge.yaml')];
  const bytes = await noiseBundle(2.5 * pieceSize);
  await writeFile(bundle, bytes);
  await writeFile(userData, '#cloud-config\nstylus: {}\n');
  await writeFile(clusterDefinition, Buffer.from('1f8b0800', 'hex'));
  await writeFile(edgeConfig, 'content: {}\n');
  const files: readonly (readonly [string, Buffer])[] = [
    ...[0, 1, 2].map((index): [string, Buffer] => [
      `opt/spectrocloud/content/core-boot.tar.zst_part0${index}`,
      bytes.subarray(index * pieceSize, (index + 1) * pieceSize),
    ]),
    ['config.yaml', await readFile(userData)],
    ['opt/spectrocloud/clusterconfig/spc.tgz', await readFile(clusterDefinition)],
    ['.edge_custom_config.yaml', await readFile(edgeConfig)],
  ];
  return {
    request: { content: [bundle], userData, clusterDefinition, edgeConfig, pieceSize, replaces: false },
    embedded: Object.fromEntries(
      files.map(([path, content]) => [path, createHash('sha256').update(content).digest('hex')]),
    ),
  };
}

async function noiseBundle(length: number): Promise<Buffer> {
  const blobs = new MemoryBlobs();
  const graph = await graphOf(blobs, addImage(blobs, noise(length, 5)));
  const images = [imageToBundle('ghcr.io/org/noise:1.0', graph)];
  return (await writeSample({ ...(await sampleContent(blobs)), images }, blobs)).bytes;
}

/** Volumes of a guest that hold an ISO: the whole CD or disk, and partitions of it. */
export function isoVolumes({ volumes }: GuestReport): GuestReport['volumes'] {
  return volumes.filter(({ type }) => type === 'iso9660');
}
