import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

import { expect, test } from 'vitest';

import { makeGuest } from '../support/guest-kernel.ts';
import { bundleFile, makeIso } from '../support/iso-bundles.ts';
import { mountInGuest } from '../support/qemu.ts';
import { requireTool } from '../support/required-tools.ts';
import { splitBundle } from '../support/split-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);

test('the kernel mounts the sticks, finds every file, and sha256sum -c passes on those with an ISO image', async () => {
  const { folder, path } = await bundleFile();
  await writeFile(join(folder, 'notes.txt'), 'notes');
  await writeFile(join(folder, 'spc.tgz'), gzipSync('definition'));
  await writeFile(join(folder, 'tool'), '#!/bin/sh\necho it runs\n');
  const whole = await makeIso([path], {
    folder: 'opt/spectrocloud/content',
    label: 'SITE_7_NORTH_BUILDING_B',
    clusterDefinition: join(folder, 'spc.tgz'),
    files: [
      {
        path: join(folder, 'notes.txt'),
        name: 'a/b/c/d/e/f/g/h/i/Notes-for-the-site.txt',
      },
    ],
    tool: join(folder, 'tool'),
  });
  expect(whole.files).toContainEqual({
    path: 'opt/spectrocloud/content/edge.tar.zst',
    sha256: await sha256Of(path),
  });
  const partsFolder = await temporaryFolder();
  const split = await splitBundle(partsFolder);
  const parts = await makeIso([split.list]);
  const files = split.parts.map(({ name }) => join(partsFolder, name));
  const stick = join(folder, 'stick.img');
  await run(requireTool('mkfs.vfat'), ['-C', '-F', '32', '-n', 'STICK', stick, String(40 * 1024)]);
  await run(requireTool('mcopy'), ['-i', stick, ...files, '::']);

  const guest = await makeGuest(await temporaryFolder());
  const { volumes } = await mountInGuest([whole.path, parts.path, stick], guest);

  // Which one the kernel finds first, and calls sda, is open.
  const found = volumes.map(({ device: _device, ...volume }) => volume);
  expect(found).toHaveLength(3);
  expect(found).toEqual(
    expect.arrayContaining([
      ...[whole, parts].map(({ label, files: written }) => ({
        type: 'iso9660',
        label,
        sums: 'right',
        files: Object.fromEntries([
          ...written.map((file) => [file.path, file.sha256]),
          ['SHA256SUMS', expect.stringMatching(/^[0-9a-f]{64}$/)],
        ]),
      })),
      { type: 'vfat', label: '', sums: undefined, files: expect.any(Object) },
    ]),
  );
  const sums = await Promise.all(files.map(async (file) => await sha256Of(file)));
  expect(Object.values(found.find(({ type }) => type === 'vfat')?.files ?? {})).toEqual(sums);
}, 300_000);

async function sha256Of(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
