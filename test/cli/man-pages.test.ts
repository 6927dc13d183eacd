import { execFile } from 'node:child_process';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { requireTool } from '../support/required-tools.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { sourceCommands } from './source-commands.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const runFile = promisify(execFile);

/** A folder with `man/man1/`, made of the sources as the build makes it. */
async function folderWithPages(): Promise<string> {
  const folder = await temporaryFolder();
  const { commands, version } = await sourceCommands();
  const described = commands.map(({ id, hidden, summary, description, args, flags, examples }) => {
    return [id, { id, hidden, summary, description, args, flags, examples }] as const;
  });
  const manifest = { commands: Object.fromEntries(described), version };
  await writeFile(join(folder, 'oclif.manifest.json'), JSON.stringify(manifest));
  await cp(join(root, 'package.json'), join(folder, 'package.json'));
  await runFile(process.execPath, [join(root, 'scripts/build-man.mjs'), folder]);
  return folder;
}

test('there is a page for each command, which mandoc finds no fault with', async () => {
  const folder = join(await folderWithPages(), 'man/man1');
  const names = await readdir(folder);
  const { commands } = await sourceCommands();
  const shown = commands.filter(({ hidden }) => !hidden);
  const pages = shown.map(({ id }) => `palette-edge-${id.replaceAll(':', '-')}.1`);
  expect(names.toSorted()).toEqual(['palette-edge.1', ...pages].toSorted());
  const lint = await runFile(requireTool('mandoc'), ['-Tlint', '-Wwarning', ...names], { cwd: folder }).catch(
    (error: unknown) => printedOf(error),
  );
  // No date is in them, so that the same sources give the same bytes.
  const faults = lint.stdout.split('\n').filter((line) => line !== '' && !line.includes('missing date'));
  expect(faults).toEqual([]);
});

test('man shows a page as the help has it', async () => {
  const folder = await folderWithPages();
  const env = {
    PATH: process.env['PATH'],

    MANWIDTH: '100',
    LC_ALL: 'C.UTF-8',
  };
  const man = requireTool('man');
  const { stdout } = await runFile(man, ['-M', join(folder, 'man'), '-P', 'cat', 'palette-edge-usb-write'], {
    env,
  });
  expect(stdout).toMatch(/^PALETTE-EDGE-USB-WRITE\(1\)/);
  expect(stdout).toMatch(/\nSYNOPSIS\n +palette-edge usb write IMAGE DEVICE \[flags\]\n/);
  expect(stdout).toMatch(/\n +--serial SERIAL\n +Refuse a drive with another serial number\./);
  expect(stdout).toContain('$ sudo palette-edge usb write content.iso /dev/sdb --yes --serial');
  expect(stdout).toContain('EXIT STATUS');
  expect(stdout).not.toContain('<%');
});

test('what roff would take for something else stays as it is', async () => {
  const folder = await folderWithPages();
  const pages = join(folder, 'man/man1');
  const names = await readdir(pages);
  const all = await Promise.all(names.map(async (name) => await readFile(join(pages, name), 'utf8')));
  expect(all.join('')).toContain(String.raw`.tar.zst`);
  // Beyond ASCII, and lines that begin with an apostrophe, are for roff itself.
  expect(all.filter((text) => /[^\n -~]|^'/m.test(text))).toEqual([]);
});

function printedOf(error: unknown): { readonly stdout: string } {
  if (error instanceof Error && 'stdout' in error && typeof error.stdout === 'string')
    return { stdout: error.stdout };
  throw error;
}
