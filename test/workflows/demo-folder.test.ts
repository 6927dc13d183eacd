import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { openDemoFolder, removeDemoFolder, writeDemoProfiles } from '../../src/workflows/demo-folder.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('a demo folder is made with its parents, taken again, and removed whole', async () => {
  const parent = await temporaryFolder();
  const folder = join(parent, 'a/demo');
  await openDemoFolder(folder);
  await writeFile(join(folder, 'demo.tar.zst'), 'x');
  await openDemoFolder(folder);
  expect((await readdir(folder)).toSorted()).toEqual(['.palette-edge-demo', 'demo.tar.zst']);
  expect(await removeDemoFolder(folder)).toBe(true);
  expect(await removeDemoFolder(folder)).toBe(false);
  expect(await readdir(join(parent, 'a'))).toEqual([]);
});

test('a folder of something else is neither taken nor removed', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'photos'));
  for (const act of [openDemoFolder, removeDemoFolder]) {
    expect(await rejection(act(folder))).toMatchObject({ code: 'DEMO_FOLDER_TAKEN', kind: 'usage' });
  }
  expect(await readdir(folder)).toEqual(['photos']);
});

test.runIf(existsSync('/proc/self'))('a place that takes no folders ends the demo at once', async () => {
  const error = await rejection(openDemoFolder('/proc/palette-edge-demo'));
  expect(error).toMatchObject({ code: 'FOLDER_REFUSED', kind: 'disk' });
});

test('profiles are written by name; a place that a folder has is told', async () => {
  const folder = await temporaryFolder();
  const paths = await writeDemoProfiles(folder, new Map([['edge.yaml', 'metadata: {name: edge}\n']]));
  expect(paths).toEqual([join(folder, 'edge.yaml')]);
  expect(await readFile(join(folder, 'edge.yaml'), 'utf8')).toBe('metadata: {name: edge}\n');
  await mkdir(join(folder, 'taken.yaml'));
  const error = await rejection(writeDemoProfiles(folder, new Map([['taken.yaml', 'x']])));
  expect(error).toMatchObject({ kind: 'usage', message: expect.stringContaining('taken.yaml') });
});
