import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { makeGuest } from '../support/guest-kernel.ts';
import { bundleFile, makeIso } from '../support/iso-bundles.ts';
import { mountInGuest } from '../support/qemu.ts';
import { requireTool } from '../support/required-tools.ts';
import { splitBundle } from '../support/split-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);

test(
  'the kernel of a host mounts a data ISO, whose checksums pass, and a FAT32 stick with the parts of a bundle',
  { timeout: 10 * 60_000 },
  async () => {
    const { path } = await bundleFile();
    const { path: iso } = await makeIso([path], { folder: 'bundle-content' });
    const folder = await temporaryFolder();
    const { parts } = await splitBundle(folder);
    const stick = join(folder, 'stick.img');
    await run(requireTool('mkfs.vfat'), ['-C', '-F', '32', '-n', 'STICK', stick, String(40 * 1024)]);
    const files = parts.map(({ name }) => join(folder, name));
    await run(requireTool('mcopy'), ['-i', stick, ...files, '::']);

    const { volumes } = await mountInGuest([iso, stick], await makeGuest(folder));

    // Which of the two the kernel finds first, and calls sda, is open.
    const [data, fat] = volumes.toSorted((left, right) => (left.type < right.type ? -1 : 1));
    expect([data, fat]).toMatchObject([
      { type: 'iso9660', label: 'COS_CONTENT', sums: 'right' },
      { type: 'vfat', label: '', sums: undefined },
    ]);
    expect(volumes).toHaveLength(2);
    expect(data?.files['bundle-content/edge.tar.zst']).toBe(sha256(await readFile(path)));
    const sums = await Promise.all(files.map(async (file) => sha256(await readFile(file))));
    expect(Object.values(fat?.files ?? {})).toEqual(sums);
  },
);

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
