import { mkdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { checksumBeside, emptyChecksumFile, writeChecksumFile } from '../../src/workflows/checksum-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const sha256 = '5e5187bf96bb293f0983a46a001f3832be988e2a8614b7bfb6417dfe3b90150f';

test('an emptied checksum is none', async () => {
  const path = join(await temporaryFolder(), 'edge.iso');
  await writeChecksumFile(path, [{ path: 'edge.iso', sha256 }]);
  expect(await checksumBeside(path)).toBe(sha256);
  await emptyChecksumFile(path);
  expect(await checksumBeside(path)).toBeUndefined();
  expect(await readFile(`${path}.sha256`, 'utf8')).toBe('');
});

test('where there is none, none is made', async () => {
  const path = join(await temporaryFolder(), 'edge.iso');
  await emptyChecksumFile(path);
  await expect(stat(`${path}.sha256`)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a link to a checksum stays one, what it leads to is emptied', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'disk'));
  await writeFile(join(folder, 'disk', 'sum'), 'old');
  await symlink('disk/sum', join(folder, 'edge.iso.sha256'));
  await emptyChecksumFile(join(folder, 'edge.iso'));
  expect(await readlink(join(folder, 'edge.iso.sha256'))).toBe('disk/sum');
  expect(await readFile(join(folder, 'disk', 'sum'), 'utf8')).toBe('');
});

test('what cannot be emptied is told', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'edge.iso.sha256'));
  await expect(emptyChecksumFile(join(folder, 'edge.iso'))).rejects.toMatchObject({ code: 'EISDIR' });
});
