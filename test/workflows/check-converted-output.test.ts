import { readdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { expect, test } from 'vitest';

import { rejection } from '../support/rejection.ts';
import { splitBundle } from '../support/split-bundle.ts';
import { squeeze } from '../support/squeezing.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** All files of a folder with their content. */
async function filesIn(folder: string): Promise<Map<string, string>> {
  const names = (await readdir(folder)).toSorted();
  return new Map(
    await Promise.all(
      names.map(async (name) => [name, await readFile(join(folder, name), 'latin1')] as const),
    ),
  );
}

const split = { partSize: 20_000, style: 'plain' } as const;

test.each([
  ['what they are joined to', 'edge.tar.zst', undefined],
  ['what they are joined to, in parts again', 'edge.tar.zst', split],
  ['what they are joined to, in parts of the other kind', 'edge.tar.zst', { ...split, style: 'canvos' }],
  ['the first of them', 'edge.tar.zst.part00', undefined],
  ['another one of them', 'edge.tar.zst.part01', undefined],
  ['their list', 'edge.tar.zst.parts.json', undefined],
] as const)('parts are not written over under the name of %s', async (_, name, how) => {
  const folder = await temporaryFolder();
  const { path } = await splitBundle(folder);
  const before = await filesIn(folder);
  const link = join(await temporaryFolder(), 'link');
  await symlink(folder, link);
  for (const input of [path, `${path}.parts.json`, `${path}.part01`, join(link, 'edge.tar.zst')])
    for (const output of [join(folder, name), join(link, name), join(dirname(path), '.', name)])
      expect(await rejection(squeeze(input, { output, split: how })), `${input} to ${output}`).toMatchObject({
        code: 'OUTPUT_TAKEN',
        message: `${output} is the bundle that is read`,
      });
  expect(await filesIn(folder)).toEqual(before);
});
