import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { hashHere } from '../../src/io/hash-thread.ts';
import { decryptBundle } from '../../src/workflows/decrypt-bundle.ts';
import { readIdentities } from '../../src/workflows/decrypt-identities.ts';
import type { EncryptResult } from '../../src/workflows/encrypt-bundle.ts';
import { requireTool } from '../support/required-tools.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { noise } from '../support/sample-bundle.ts';
import { splitOptions } from '../support/split-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { openTerminal } from '../support/terminal.ts';
import { writeOutput } from '../../src/workflows/write-output.ts';

const run = promisify(execFile);

/** A bundle, and two keys that age-keygen made. */
async function scene() {
  const cwd = await temporaryFolder();
  await writeOutput({ ...(await splitOptions(cwd)), split: undefined });
  const keys = await Promise.all(
    ['one', 'two'].map(async (name) => {
      await run(requireTool('age-keygen'), ['-o', `${name}.key`], { cwd });
      const { stdout } = await run(requireTool('age-keygen'), ['-y', `${name}.key`], { cwd });
      return stdout.trim();
    }),
  );
  const age = async (...args: readonly string[]) => await run(requireTool('age'), args, { cwd });
  const bytesOf = async (name: string) => await readFile(join(cwd, name));
  return { cwd, keys, age, bytesOf };
}

test('age decrypts what was encrypted to several, with the key of any of them', async () => {
  const { cwd, keys, age, bytesOf } = await scene();
  const to = keys.flatMap((key) => ['--encrypt-to', key]);
  await runCliJson<EncryptResult>(['encrypt', 'edge.tar.zst', ...to], { cwd });
  for (const name of ['one', 'two']) {
    await age('-d', '-i', `${name}.key`, '-o', `${name}.tar.zst`, 'edge.tar.zst.age');
    expect((await bytesOf(`${name}.tar.zst`)).equals(await bytesOf('edge.tar.zst'))).toBe(true);
  }
});

test('what age encrypted is decrypted, of any size and to several', async () => {
  const { cwd, keys, age, bytesOf } = await scene();
  const recipients = keys.flatMap((key) => ['-r', key]);
  const askPassphrase = async (): Promise<string> => await Promise.reject(new Error('nobody asks'));
  const identities = await readIdentities([join(cwd, 'two.key')], askPassphrase);
  const tool = { name: 'palette-edge', version: '0.1.0' };
  const listener = { onStart: () => undefined, onBytes: () => undefined };
  const { signal } = new AbortController();
  for (const size of [0, 1, 65_536, 65_537, 3_000_000]) {
    await writeFile(join(cwd, 'plain'), noise(size, 1));
    await age(...recipients, '-o', 'x.age', 'plain');
    const input = {
      path: join(cwd, 'x.age'),
      output: join(cwd, `out-${size}`),
      keys: { identities, askPassphrase },
    };
    const { file } = await decryptBundle(input, { hasher: hashHere, tool, listener }, signal);
    expect(file.size).toBe(size);
    expect((await bytesOf(`out-${size}`)).equals(await bytesOf('plain'))).toBe(true);
  }
});

test('parts of an encrypted bundle, joined by cat, are one that age decrypts', async () => {
  const { cwd, keys, age, bytesOf } = await scene();
  const [key = ''] = keys;
  await writeFile(join(cwd, 'large.bin'), noise(3_000_000, 2));
  const build = ['build', '--file', 'large.bin', '--output', 'large.tar.zst.age', '--store', 'store'];
  expect(await runCli([...build, '--encrypt-to', key, '--split', '1MiB'], { cwd })).toMatchObject({
    code: 0,
  });
  const parts = (await readdir(cwd)).filter((name) => /\.age\.part\d+$/.test(name));
  expect(parts).toEqual(['large.tar.zst.age.part00', 'large.tar.zst.age.part01', 'large.tar.zst.age.part02']);
  await run('sh', ['-c', 'cat large.tar.zst.age.part[0-9]* > joined.age && sha256sum -c *.sha256'], { cwd });
  await age('-d', '-i', 'one.key', '-o', 'joined.tar.zst', 'joined.age');
  const args = ['decrypt', 'large.tar.zst.age.parts.json', '--identity', 'one.key'];
  expect(await runCli(args, { cwd })).toMatchObject({ code: 0 });
  expect((await bytesOf('large.tar.zst')).equals(await bytesOf('joined.tar.zst'))).toBe(true);
  expect(await runCli(['verify', 'large.tar.zst'], { cwd })).toMatchObject({ code: 0 });
});

test('a key of keys age is one that age knows, and an armored file is told of', async () => {
  const { cwd, age } = await scene();
  const { recipient } = await runCliJson<{ readonly recipient: string }>(
    ['keys', 'age', '--output', 'site.key'],
    { cwd },
  );
  expect((await run(requireTool('age-keygen'), ['-y', 'site.key'], { cwd })).stdout).toBe(`${recipient}\n`);
  await age('-a', '-r', recipient, '-o', 'armored.age', 'edge.tar.zst');
  const { code, stderr } = await runCli(['decrypt', 'armored.age', '--identity', 'site.key'], { cwd });
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('it is armored') });
});

test('a passphrase that was given here opens it with age, which asks at a terminal', async () => {
  const { cwd, bytesOf } = await scene();
  const env = { PALETTE_EDGE_PASSPHRASE: 'grüne Wiese' };
  await runCliJson<EncryptResult>(['encrypt', 'edge.tar.zst', '--encrypt-passphrase'], { cwd, env });
  const terminal = openTerminal(['-d', '-o', 'back.tar.zst', 'edge.tar.zst.age'], cwd, [requireTool('age')]);
  await terminal.says('Enter passphrase');
  terminal.type('grüne Wiese\r');
  expect(await terminal.end()).toContain('code 0');
  expect((await bytesOf('back.tar.zst')).equals(await bytesOf('edge.tar.zst'))).toBe(true);
});

test('a file of keys that age encrypted with a passphrase is opened with it', async () => {
  const { cwd, keys, age, bytesOf } = await scene();
  const [key = ''] = keys;
  await age('-r', key, '-o', 'x.age', 'edge.tar.zst');
  const terminal = openTerminal(['-p', '-a', '-o', 'locked.key', 'one.key'], cwd, [requireTool('age')]);
  await terminal.says('Enter passphrase');
  terminal.type('blaue Wiese\r');
  await terminal.says('Confirm passphrase');
  terminal.type('blaue Wiese\r');
  expect(await terminal.end()).toContain('code 0');
  const env = { PALETTE_EDGE_PASSPHRASE: 'blaue Wiese' };
  const args = ['decrypt', 'x.age', '--identity', 'locked.key', '--output', 'back.tar.zst'];
  expect(await runCli(args, { cwd, env })).toMatchObject({ code: 0 });
  expect((await bytesOf('back.tar.zst')).equals(await bytesOf('edge.tar.zst'))).toBe(true);
});
