import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import Build from '../../src/commands/build.ts';
import Decrypt from '../../src/commands/decrypt.ts';
import Encrypt from '../../src/commands/encrypt.ts';
import KeysAge from '../../src/commands/keys/age.ts';
import { newAgeIdentity } from '../../src/trust/age-identities.ts';
import { secretKey } from '../support/sealed-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { runCommand } from './run-command.ts';

const recipient = 'age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj';

/** A build of a file, which needs no registry. */
async function fileToBuild() {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'notes.txt'), 'for the site only\n');
  const file = ['--file', join(folder, 'notes.txt'), '--store', join(folder, 'store')];
  const build = async (...more: readonly string[]) => await runCommand(Build, [...file, ...more]);
  return { folder, build };
}

test('build writes the encrypted bundle alone, under the name that was given', async () => {
  const { folder, build } = await fileToBuild();
  const { text, recipient: key } = await newAgeIdentity();
  await writeFile(join(folder, 'edge.key'), text);
  const path = join(folder, 'out', 'edge.tar.zst.age');
  const built = await build('--output', path, '--encrypt-to', key, '--encrypt-to', recipient);
  expect(built.stdout).toMatch(/^ {2}inside +\S+ \S+ \(\d+ bytes\), sha256 [0-9a-f]{64}$/m);
  expect(await readdir(join(folder, 'out'))).toEqual(['edge.tar.zst.age', 'edge.tar.zst.age.sha256']);
  const decrypted = await runCommand(Decrypt, [path, '--identity', join(folder, 'edge.key')]);
  expect(decrypted).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('which stays as it is') });
  await build('--output', join(folder, 'plain.tar.zst'));
  const [plain, back] = await Promise.all([
    readFile(join(folder, 'plain.tar.zst')),
    readFile(join(folder, 'out', 'edge.tar.zst')),
  ]);
  expect(plain.equals(back)).toBe(true);
});

test.each([['--squeeze'], ['--split', '1MiB']])('build %s encrypts as well', async (...more) => {
  const { folder, build } = await fileToBuild();
  const out = join(folder, 'out');
  const output = ['--output', join(out, 'edge.tar.zst.age'), '--encrypt-to', recipient];
  expect((await build(...output, ...more)).exitCode).toBe(0);
  const contents = await Promise.all(
    (await readdir(out)).map(async (name) => ({ name, bytes: await readFile(join(out, name)) })),
  );
  const binary = contents.filter(({ name }) => !/\.(?:json|sha256)$/.test(name));
  expect(binary.map(({ bytes }) => bytes.subarray(0, 21).toString())).toEqual(['age-encryption.org/v1']);
});

describe('wrong usage is told before anything is done', () => {
  test.each([
    [['--encrypt-to', 'age1x'], 'RECIPIENT_INVALID'],
    [['--encrypt-to', recipient, '--encrypt-passphrase'], 'ENCRYPTION_INVALID'],
    [['--encrypt-to', recipient, '--iso'], 'ENCRYPTION_INVALID'],
    [['--encrypt-to', recipient, '--output', 'edge.tar.zst'], 'PATH_INVALID'],
  ])('build %j', async (argv, code) => {
    const { folder, build } = await fileToBuild();
    const { stdout, exitCode } = await build(...argv, '--json');
    expect({ exitCode, stdout: JSON.parse(stdout) }).toMatchObject({
      exitCode: 2,
      stdout: { error: { code } },
    });
    expect(await readdir(folder)).toEqual(['notes.txt']);
  });

  test('encrypt for nobody', async () => {
    const { stdout, exitCode } = await runCommand(Encrypt, ['edge.tar.zst', '--json']);
    expect({ exitCode, stdout: JSON.parse(stdout) }).toMatchObject({
      exitCode: 2,
      stdout: { error: { code: 'ENCRYPTION_INVALID' } },
    });
  });

  test('a secret key in the place of a public one is shown nowhere', async () => {
    const secret = secretKey((await newAgeIdentity()).text);
    const { stdout, stderr, exitCode } = await runCommand(Encrypt, ['x.tar.zst', '--encrypt-to', secret]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('a secret key was given');
    expect(`${stdout}${stderr}`).not.toContain(secret.slice(20));
  });
});

test('the plan of an encrypted build has its name, and is as large as it at least', async () => {
  const { folder, build } = await fileToBuild();
  const { stdout } = await build('--encrypt-to', recipient, '--dry-run', '--json');
  const { plan } = JSON.parse(stdout);
  expect(plan.bundle.path).toMatch(/^content-([0-9a-f]{8})\/core-images-\1\.tar\.zst\.age$/);
  const built = await build('--encrypt-to', recipient, '--output', join(folder, 'x.age'), '--json');
  const { bundle } = JSON.parse(built.stdout);
  expect(bundle.size).toBeLessThanOrEqual(plan.expectedBundleSize);
  expect(bundle.size).toBeGreaterThan(bundle.encrypted.size);
});

test('keys age makes a key that only its owner reads, once', async () => {
  const path = join(await temporaryFolder(), 'keys', 'edge.key');
  const made = await runCommand(KeysAge, ['--output', path, '--json']);
  const { recipient: shown } = JSON.parse(made.stdout);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const text = await readFile(path, 'utf8');
  expect(text).toMatch(/^# public key: age1[a-z0-9]+\nAGE-SECRET-KEY-1[A-Z0-9]+\n$/);
  expect(text).toContain(`# public key: ${shown}\n`);
  expect(`${made.stdout}${made.stderr}`).not.toContain('SECRET');
  const again = await runCommand(KeysAge, ['--output', path]);
  expect(again).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('OUTPUT_TAKEN') });
  expect(await readFile(path, 'utf8')).toBe(text);
});
