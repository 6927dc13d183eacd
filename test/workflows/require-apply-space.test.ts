import { join } from 'node:path';

import { expect, test } from 'vitest';

import { requireApplySpace } from '../../src/workflows/require-apply-space.ts';
import { rejection } from '../support/rejection.ts';
import { smallDisk } from '../support/small-disk.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const mebibyte = 1024 * 1024;

test('the bundle has to fit, and the layers of bases beside it when they are on the same disk', async () => {
  await using disk = await smallDisk(10 * mebibyte);
  const output = join(disk.path, 'new', 'bundle.tar.zst');
  const here = { output, folder: disk.path };
  await requireApplySpace({ ...here, bytes: 6 * mebibyte, baseBytes: 3 * mebibyte });
  const bundle = await rejection(requireApplySpace({ ...here, bytes: 11 * mebibyte, baseBytes: 0 }));
  expect(bundle).toMatchObject({ code: 'NOT_ENOUGH_SPACE', kind: 'disk' });
  expect(bundle.message).toContain(`the plain bundle ${output} needs 11.5 MB`);
  const layers = await rejection(
    requireApplySpace({ ...here, bytes: 6 * mebibyte, baseBytes: 5 * mebibyte }),
  );
  expect(layers).toMatchObject({ code: 'NOT_ENOUGH_SPACE', kind: 'disk' });
  expect(layers.message).toContain(`layers of bases need 5.24 MB in ${disk.path} for a while, and 4.19 MB`);
  expect(layers.suggestions).toEqual([expect.stringContaining('TMPDIR')]);
});

test('on another disk each has its own space', async () => {
  await using disk = await smallDisk(4 * mebibyte);
  const output = join(await temporaryFolder(), 'bundle.tar.zst');
  const folder = disk.path;
  await requireApplySpace({ output, folder, bytes: 6 * mebibyte, baseBytes: 3 * mebibyte });
  const error = await rejection(requireApplySpace({ output, folder, bytes: 1, baseBytes: 5 * mebibyte }));
  expect(error.message).toContain(folder);
  await requireApplySpace({ output, folder: undefined, bytes: 1, baseBytes: 5 * mebibyte });
  expect(
    await rejection(
      requireApplySpace({ output, folder: join(folder, 'none'), bytes: 1, baseBytes: 5 * mebibyte }),
    ),
  ).toMatchObject({ kind: 'disk' });
});
