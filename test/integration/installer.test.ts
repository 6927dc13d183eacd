import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { uefiOnlyIso } from '../support/bootable-iso.ts';
import { bundleFile } from '../support/iso-bundles.ts';
import { plainTree } from '../support/plain-installer.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';

async function installerFolder(): Promise<{ readonly folder: string; readonly id: string }> {
  const { folder, sample } = await bundleFile();
  await uefiOnlyIso(await plainTree(join(folder, 'made')));
  await writeFile(join(folder, 'user-data'), '#cloud-config\nstylus: {}\n');
  return { folder, id: sample.plan.id };
}

test('installer embed says what it put where, and how the installer starts', async () => {
  const { folder } = await installerFolder();
  const args = [
    'installer',
    'embed',
    'made/uefi.iso',
    '--content',
    'edge.tar.zst',
    '--user-data',
    'user-data',
  ];

  const { code, stdout, stderr } = await runCli([...args, '--out', 'new.iso'], { cwd: folder });

  expect(code).toBe(0);
  expect(stdout).toMatch(/^Wrote new\.iso\n {2}size +\d/);
  expect(stdout).toMatch(/\n {2}boots +UEFI from CD, UEFI from disk\n/);
  expect(stdout).toMatch(/\n {2}put in +config\.yaml, 25 B\n/);
  expect(stdout).toMatch(/\n {2}put in +opt\/spectrocloud\/content\/edge\.tar\.zst_part00, /);
  expect(stderr).toContain('Comparing');

  const again = ['installer', 'embed', 'new.iso', '--user-data', 'user-data', '--output', 'newer.iso'];
  expect(await runCliJson(again, { cwd: folder })).toMatchObject({
    path: 'newer.iso',
    boots: [
      { firmware: 'UEFI', from: 'CD' },
      { firmware: 'UEFI', from: 'disk' },
    ],
    replaced: ['config.yaml'],
    otherContent: ['opt/spectrocloud/content/edge.tar.zst_part00'],
  });
});

test('installer embed: what is wrong with the flags has exit code 2, and nothing is written', async () => {
  const { folder } = await installerFolder();
  const embed = ['installer', 'embed', 'made/uefi.iso'];
  for (const args of [
    [...embed, '--out', 'new.iso'],
    [...embed, '--content', 'edge.tar.zst'],
    [...embed, '--content', 'edge.tar.zst', '--out', ''],
    [...embed, '--content', 'edge.tar.zst', '--out', 'new.iso', '--split', '3G'],
    [...embed, '--content', 'edge.tar.zst', '--out', 'new.iso', '--split', '4GiB'],
    [...embed, '--user-data', '', '--out', 'new.iso'],
    [...embed, '--content', 'edge.tar.zst', '--out', 'made/uefi.iso'],
  ]) {
    expect(await runCli(args, { cwd: folder })).toMatchObject({ code: 2, stdout: '' });
  }
  expect(await readdir(folder)).not.toContain('new.iso');
});

test('installer tree says what to do with the folder', async () => {
  const { folder, id } = await installerFolder();
  await writeFile(join(folder, 'spc'), Buffer.from('1f8b', 'hex'));
  const args = ['--content', 'edge.tar.zst', '--user-data', 'user-data', '--cluster-definition', 'spc'];

  const { code, stdout } = await runCli(['installer', 'tree', ...args, '--out', 'tree'], { cwd: folder });

  expect(code).toBe(0);
  expect(stdout).toContain('Lay it over a checkout of CanvOS: cp -a tree/. CanvOS/');
  expect(stdout).toContain('In its .arg file: CLUSTERCONFIG=spc.tgz');
  expect(await readFile(join(folder, 'tree', `content-${id}`, 'edge.tar.zst'))).toEqual(
    await readFile(join(folder, 'edge.tar.zst')),
  );
});
