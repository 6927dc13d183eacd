import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { checkPartsOutput } from '../../src/workflows/check-parts-output.ts';
import { rejection } from '../support/rejection.ts';
import { splitBundle, splitName } from '../support/split-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function check(path: string, expectedSize = 1000): Promise<void> {
  await checkPartsOutput({ path, split: { partSize: 100, style: 'plain' }, expectedSize });
}

test('parts may go where nothing is, and where an older bundle is in parts of either style', async () => {
  const folder = await temporaryFolder();
  await expect(check(join(folder, 'new', splitName))).resolves.toBeUndefined();
  await splitBundle(folder);
  await expect(check(join(folder, splitName))).resolves.toBeUndefined();
  await splitBundle(folder, { split: { partSize: 5000, style: 'canvos' } });
  await expect(check(join(folder, splitName))).resolves.toBeUndefined();
});

test('an older bundle in one file, and parts of others, are in nobody’s way', async () => {
  const folder = await temporaryFolder();
  await splitBundle(folder);
  await writeFile(join(folder, splitName), Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0]));
  await writeFile(join(folder, `x${splitName}.part00`), 'anything');
  await writeFile(join(folder, `${splitName}.parts.json.0123456789ab.partial`), 'half a li');
  await expect(check(join(folder, splitName))).resolves.toBeUndefined();
});

test('parts that a killed build named are its own', async () => {
  const folder = await temporaryFolder();
  const { list } = await splitBundle(folder);
  await writeFile(`${list}.0123456789ab.partial`, await readFile(list));
  await writeFile(list, '');
  await expect(check(join(folder, splitName))).resolves.toBeUndefined();
});

test.each([
  [`${splitName}.part00`, 'in no parts list of a bundle'],
  [`${splitName}.part07`, 'in no parts list of a bundle'],
  [`${splitName}_part000`, 'in no parts list of a bundle'],
  [`${splitName}.parts.json`, 'no parts list'],
  [`${splitName}.sha256`, 'no checksum of a bundle'],
  [splitName, 'no bundle'],
])('a file of somebody else that is called %s is not replaced', async (name, is) => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, name), 'of somebody else');
  const error = await rejection(check(join(folder, splitName)));
  expect(error).toMatchObject({ code: 'OUTPUT_TAKEN', kind: 'usage' });
  expect(error.message).toBe(
    `writing the bundle to ${join(folder, name)} failed: the file is there already and is ${is}`,
  );
  expect(await readdir(folder)).toEqual([name]);
});

test.each([`${splitName}.part00`, `${splitName}.parts.json`, splitName])(
  'a link called %s is not replaced',
  async (name) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'elsewhere'), '');
    await symlink('elsewhere', join(folder, name));
    const error = await rejection(check(join(folder, splitName)));
    expect(error).toMatchObject({ code: 'NOT_A_FILE', kind: 'usage' });
    expect(error.message).toContain(join(folder, name));
  },
);

test('a folder is no name for parts', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'taken'));
  for (const name of ['taken', 'new/']) {
    const error = await rejection(check(`${folder}/${name}`));
    expect(error).toMatchObject({ code: 'NOT_A_FILE', kind: 'usage' });
  }
});

test('more parts than anybody could count are told before anything is pulled', async () => {
  const path = join(await temporaryFolder(), splitName);
  await expect(check(path, 1_000_000)).resolves.toBeUndefined();
  const error = await rejection(check(path, 1_000_001));
  expect(error).toMatchObject({
    code: 'TOO_MANY_PARTS',
    kind: 'usage',
    message: 'parts of 100 bytes would be more than 10000',
  });
});
