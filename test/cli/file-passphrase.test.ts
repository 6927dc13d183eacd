import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { runCli } from '../support/run-cli.ts';
import { splitOptions } from '../support/split-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { openTerminal } from '../support/terminal.ts';
import { writeOutput } from '../../src/workflows/write-output.ts';

async function folderWithBundle() {
  const cwd = await temporaryFolder();
  await writeOutput({ ...(await splitOptions(cwd)), split: undefined });
  return { cwd, plain: await readFile(join(cwd, 'edge.tar.zst')) };
}

test('a passphrase of the environment encrypts and decrypts, and is shown nowhere', async () => {
  const { cwd, plain } = await folderWithBundle();
  const env = { PALETTE_EDGE_PASSPHRASE: 'grüne Wiese' };
  const encrypted = await runCli(['encrypt', 'edge.tar.zst', '--encrypt-passphrase'], { cwd, env });
  expect(encrypted.code).toBe(0);
  const back = ['decrypt', 'edge.tar.zst.age', '--output', 'back.tar.zst'];
  const wrong = await runCli(back, { cwd, env: { PALETTE_EDGE_PASSPHRASE: 'blaue Wiese' } });
  expect(wrong).toMatchObject({ code: 3, stderr: expect.stringContaining('PASSPHRASE_WRONG') });
  const right = await runCli(back, { cwd, env });
  expect(right.code).toBe(0);
  expect((await readFile(join(cwd, 'back.tar.zst'))).equals(plain)).toBe(true);
  const nobody = await runCli(back, { cwd });
  expect(nobody).toMatchObject({ code: 3, stderr: expect.stringContaining('PALETTE_EDGE_PASSPHRASE') });
  for (const { stdout, stderr } of [encrypted, wrong, right, nobody])
    expect(`${stdout}${stderr}`).not.toContain('Wiese');
});

test('at a terminal it is asked for twice, without being shown, and once to decrypt', async () => {
  const { cwd, plain } = await folderWithBundle();
  const encrypting = openTerminal(['encrypt', 'edge.tar.zst', '--encrypt-passphrase'], cwd);
  await encrypting.says('Passphrase for the bundle: ');
  encrypting.type('s3cret words\r');
  await encrypting.says('The same again: ');
  encrypting.type('s3cret words\r');
  const shown = await encrypting.end();
  expect(shown).toContain('code 0');
  const decrypting = openTerminal(['decrypt', 'edge.tar.zst.age', '--output', 'back.tar.zst'], cwd);
  await decrypting.says('Passphrase of edge.tar.zst.age: ');
  decrypting.type('s3cret words\r');
  const shownAgain = await decrypting.end();
  expect(shownAgain).toContain('code 0');
  expect(`${shown}${shownAgain}`).not.toContain('s3cret');
  expect((await readFile(join(cwd, 'back.tar.zst'))).equals(plain)).toBe(true);
});

test('two that differ, and Ctrl-C, encrypt nothing', async () => {
  const { cwd } = await folderWithBundle();
  const before = await readdir(cwd);
  const differing = openTerminal(['encrypt', 'edge.tar.zst', '--encrypt-passphrase'], cwd);
  await differing.says('Passphrase for the bundle: ');
  differing.type('one\r');
  await differing.says('The same again: ');
  differing.type('two\r');
  const shown = await differing.end();
  expect(shown).toContain('the two passphrases differ');
  expect(shown).toContain('code 2');
  const stopped = openTerminal(['encrypt', 'edge.tar.zst', '--encrypt-passphrase'], cwd);
  await stopped.says('Passphrase for the bundle: ');
  stopped.type('\u0003');
  expect(await stopped.end()).toContain('code 130');
  expect((await readdir(cwd)).filter((name) => name.includes('.age'))).toEqual([]);
  expect(await readdir(cwd)).toEqual(expect.arrayContaining(before));
});

test('nobody is asked for the passphrase of a file whose place is taken', async () => {
  const { cwd } = await folderWithBundle();
  const env = { PALETTE_EDGE_PASSPHRASE: 'abc' };
  await runCli(['encrypt', 'edge.tar.zst', '--encrypt-passphrase'], { cwd, env });
  await writeFile(join(cwd, 'letter.txt'), 'Dear Sir or Madam');
  const { code, stderr } = await runCli(['decrypt', 'edge.tar.zst.age', '--output', 'letter.txt'], { cwd });
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('OUTPUT_TAKEN') });
});
