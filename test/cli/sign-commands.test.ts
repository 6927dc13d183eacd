import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

import Apply from '../../src/commands/apply.ts';
import Build from '../../src/commands/build.ts';
import KeysGenerate from '../../src/commands/keys/generate.ts';
import Sign from '../../src/commands/sign.ts';
import Unsqueeze from '../../src/commands/unsqueeze.ts';
import { checkSignatures } from '../../src/trust/check-signatures.ts';
import { parsePublicKeys } from '../../src/trust/public-key.ts';
import { parseSignatures } from '../../src/trust/signature-file.ts';
import { generateKeys } from '../../src/workflows/generate-keys.ts';
import { withBundle } from '../../src/workflows/with-bundle.ts';
import { noise } from '../support/sample-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { runCommand } from './run-command.ts';

let shared: string;
let key: string;
let keyId: string;
beforeAll(async () => {
  shared = await mkdtemp(join(tmpdir(), 'palette-edge-sign-'));
  const made = await generateKeys({ type: 'ecdsa', name: join(shared, 'edge'), passphrase: undefined });
  ({ privateKey: key, keyId } = made);
});
afterAll(async () => await rm(shared, { recursive: true }));

// Whoever runs the tests may have one.
beforeEach(() => void vi.stubEnv('PALETTE_EDGE_KEY_PASSPHRASE', ''));
afterEach(() => void vi.unstubAllEnvs());

/** Whose signature is in a bundle. */
async function signersIn(path: string): Promise<readonly string[]> {
  return await withBundle(path, async ({ inventoryBytes, signature }) => {
    const keys = parsePublicKeys(await readFile(join(shared, 'edge.pub')), 'edge.pub');
    const signatures = parseSignatures(signature ?? new Uint8Array(), path);
    return checkSignatures(inventoryBytes, signatures, { keys, name: path }).signedBy;
  });
}

describe('keys generate', () => {
  test('tells where the keys are, and what a site is told of the public one', async () => {
    const name = join(await temporaryFolder(), 'site');
    const { stdout, exitCode } = await runCommand(KeysGenerate, ['--output', name, '--type', 'ed25519']);
    const publicPem = await readFile(`${name}.pub`);
    const [{ id } = { id: '' }] = parsePublicKeys(publicPem, 'site.pub');
    expect({ stdout, exitCode }).toEqual({
      stdout: `Made a pair of keys
  private key  ${name}.key (not encrypted): keep it secret
  public key   ${name}.pub
  key id       ${id}
  algorithm    ed25519
For .edge_custom_config.yaml of CanvOS:
content:
  signing:
    publicKey:
      base64EncodedValue: ${publicPem.toString('base64')}
`,
      exitCode: 0,
    });
  });

  test('does not overwrite keys', async () => {
    const before = await readFile(key);
    const { stderr, exitCode } = await runCommand(KeysGenerate, ['--output', join(shared, 'edge')]);
    expect({ stderr, exitCode }).toEqual({
      stderr: expect.stringContaining('never overwritten'),
      exitCode: 2,
    });
    expect(await readFile(key)).toEqual(before);
  });

  test('needs a passphrase from somewhere to encrypt', async () => {
    const name = join(await temporaryFolder(), 'site');
    expect(await runCommand(KeysGenerate, ['--output', name, '--encrypt'])).toMatchObject({ exitCode: 3 });
    vi.stubEnv('PALETTE_EDGE_KEY_PASSPHRASE', 'correct');
    const { stdout } = await runCommand(KeysGenerate, ['--output', name]);
    expect(stdout).toContain('site.key (encrypted)');
    expect(await readFile(`${name}.key`, 'utf8')).toContain('BEGIN ENCRYPTED PRIVATE KEY');
  });
});

describe('build --private-key', () => {
  async function build(folder: string, name: string, ...more: readonly string[]) {
    const file = join(folder, 'notes.txt');
    await writeFile(file, noise(1_100_000, 1));
    const argv = ['--file', file, '--outfile', 'edge', '--store', join(folder, 'store')];
    return await runCommand(Build, [...argv, '--output', join(folder, name), ...more]);
  }

  test('signs what it builds, the same each time', async () => {
    const folder = await temporaryFolder();
    const { stdout, exitCode } = await build(folder, 'a.tar.zst', '--private-key', key);
    expect({ stdout, exitCode }).toEqual({
      stdout: expect.stringContaining(`signed with  ${keyId}\n`),
      exitCode: 0,
    });
    expect(await signersIn(join(folder, 'a.tar.zst'))).toEqual([keyId]);
    await build(folder, 'b.tar.zst', '--private-key', key);
    expect(await readFile(join(folder, 'a.tar.zst'))).toEqual(await readFile(join(folder, 'b.tar.zst')));
  });

  test('signs nothing without it', async () => {
    const folder = await temporaryFolder();
    const { stdout } = await build(folder, 'a.tar.zst');
    expect(stdout).not.toContain('signed');
    await expect(signersIn(join(folder, 'a.tar.zst'))).rejects.toThrow('does not hold signatures');
  });

  test('signs parts, an ISO image, a squeezed bundle and a delta bundle with one signature', async () => {
    const folder = await temporaryFolder();
    const signing = ['--private-key', key];
    await build(folder, 'plain.tar.zst', ...signing);
    await build(folder, 'parts.tar.zst', ...signing, '--split', '1MiB');
    await build(folder, 'image.iso', ...signing, '--iso');
    await build(folder, 'small.tar.zst', ...signing, '--squeeze=fast');
    await build(folder, 'delta.tar.zst', ...signing, '--base', join(folder, 'plain.tar.zst'));
    const made = ['plain.tar.zst', 'parts.tar.zst.parts.json', 'image.iso', 'small.tar.zst', 'delta.tar.zst'];
    for (const name of made) expect([name, ...(await signersIn(join(folder, name)))]).toEqual([name, keyId]);

    const [plain, delta] = [join(folder, 'plain.tar.zst'), join(folder, 'delta.tar.zst')];
    await runCommand(Unsqueeze, [join(folder, 'small.tar.zst'), '--output', join(folder, 'unsqueezed')]);
    await runCommand(Apply, [delta, '--base', plain, '--output', join(folder, 'applied')]);
    expect(await readFile(join(folder, 'unsqueezed'))).toEqual(await readFile(plain));
    expect(await readFile(join(folder, 'applied'))).toEqual(await readFile(plain));
  });

  test('tells of a wrong key before anything is done', async () => {
    const folder = await temporaryFolder();
    const wrong = ['--private-key', join(shared, 'edge.pub')];
    expect(await build(folder, 'a.tar.zst', ...wrong, '--dry-run')).toMatchObject({
      stderr: expect.stringContaining('it is a public key'),
      exitCode: 2,
    });
  });
});

describe('sign', () => {
  async function bundle(): Promise<string> {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'x'), 'x');
    const path = join(folder, 'edge.tar.zst');
    const argv = ['--file', join(folder, 'x'), '--store', join(folder, 'store'), '--output', path];
    await runCommand(Build, [...argv, '--outfile', 'edge']);
    return path;
  }

  test('tells what was signed, and with what', async () => {
    const path = await bundle();
    const { stdout, exitCode } = await runCommand(Sign, [path, '--private-key', key]);
    const id = await withBundle(path, async (reader) => await Promise.resolve(reader.id));
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      new RegExp(`^Signed .*
  name            edge
  id              ${id}
  inventory       sha256:${id}[0-9a-f]{56}
  key id          ${keyId}
  algorithm       ecdsa-p256-sha256
  signature file  ${path}.sig
$`),
    );
  });

  test('takes an encrypted key with its passphrase only, and never tells it', async () => {
    const path = await bundle();
    const name = join(await temporaryFolder(), 'locked');
    vi.stubEnv('PALETTE_EDGE_KEY_PASSPHRASE', 's3cret');
    await runCommand(KeysGenerate, ['--output', name]);
    const argv = [path, '--private-key', `${name}.key`];
    expect(await runCommand(Sign, argv)).toMatchObject({ exitCode: 0 });
    vi.stubEnv('PALETTE_EDGE_KEY_PASSPHRASE', 's3cret?');
    const wrong = await runCommand(Sign, argv);
    expect(wrong).toMatchObject({ stderr: expect.stringContaining('the passphrase is wrong'), exitCode: 3 });
    expect(wrong.stdout + wrong.stderr).not.toContain('s3cret');
    vi.stubEnv('PALETTE_EDGE_KEY_PASSPHRASE', '');
    expect(await runCommand(Sign, argv)).toMatchObject({ exitCode: 3 });
  });

  test('refuses standard output: the file is added to', async () => {
    const argv = [await bundle(), '--private-key', key, '--output', '-'];
    expect(await runCommand(Sign, argv)).toMatchObject({ exitCode: 2 });
  });
});
