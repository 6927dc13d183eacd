import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { expect, test } from 'vitest';

import { makeGuest } from '../support/guest-kernel.ts';
import { bundleFile, makeIso } from '../support/iso-bundles.ts';
import { mountInGuest } from '../support/qemu.ts';
import { splitBundle } from '../support/split-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('the kernel mounts the sticks, finds every file, and sha256sum -c passes on them', async () => {
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
  const parts = await makeIso([(await splitBundle(await temporaryFolder())).list]);
  const guest = await makeGuest(await temporaryFolder());
  const { volumes } = await mountInGuest([whole.path, parts.path], guest);
  const expected = [whole, parts].map(({ label, files }, index) => ({
    device: `sd${'ab'.charAt(index)}`,
    type: 'iso9660',
    label,
    sums: 'right',
    files: Object.fromEntries([
      ...files.map((file) => [file.path, file.sha256]),
      ['SHA256SUMS', expect.stringMatching(/^[0-9a-f]{64}$/)],
    ]),
  }));
  expect(volumes).toEqual(expected);
}, 300_000);
