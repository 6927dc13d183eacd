import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import Inspect from '../../src/commands/inspect.ts';
import IsoVerify from '../../src/commands/iso/verify.ts';
import Verify from '../../src/commands/verify.ts';
import { bundleSigner } from '../support/bundle-signer.ts';
import type { BundleSigner } from '../support/bundle-signer.ts';
import { firstAndNext } from '../support/first-and-next.ts';
import { makeIso } from '../support/iso-bundles.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { runCommand } from './run-command.ts';

let shared: string;
let site: BundleSigner;
/** The second one is signed. */
let [first, next] = ['', ''];

beforeAll(async () => {
  shared = await mkdtemp(join(tmpdir(), 'palette-edge-test-'));
  site = await bundleSigner(shared, 'site');
  [first, next] = await firstAndNext(shared);
  await site.signFile(next);
});

afterAll(async () => await rm(shared, { recursive: true }));

describe('what is shown', () => {
  test('verify tells who signed, also as JSON', async () => {
    const { stdout } = await runCommand(Verify, [next, '--public-key', site.keyFile, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ signedBy: [{ keyId: site.keyId, keyFile: site.keyFile }] });
    const failed = await runCommand(Verify, [first, '--public-key', site.keyFile, '--json']);
    expect(JSON.parse(failed.stdout)).toMatchObject({
      error: {
        code: 'SIGNATURE_MISSING',
        exitCode: 5,
        details: { bundle: { path: first, name: 'edge' }, keys: [{ keyId: site.keyId }] },
      },
    });
  });

  test('iso verify tells who signed each bundle', async () => {
    const iso = (await makeIso([next])).path;
    await site.signFile(iso);
    const { stdout } = await runCommand(IsoVerify, [iso, '--public-key', site.keyFile]);
    expect(stdout).toContain(`is whole: edge `);
    expect(stdout).toContain(`\n    signed by ${site.keyId} (${site.keyFile})\n`);
  });

  test('inspect lists signatures, and says which were checked', async () => {
    const listed = await runCommand(Inspect, [next]);
    expect(listed.stdout).toMatch(
      new RegExp(`signature +ed25519 by ${site.keyId}, in \\S+v2\\.tar\\.zst\\.sig: not checked\\n`),
    );
    const checked = await runCommand(Inspect, [next, '--public-key', site.keyFile]);
    expect(checked.stdout).toMatch(/sig: checked with \S+site\.pub\n/);
    const { stdout } = await runCommand(Inspect, [next, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      signatures: [{ algorithm: 'ed25519', keyId: site.keyId, file: `${next}.sig` }],
    });
  });

  test('inspect warns of what is called like a signature file, and goes on', async () => {
    const folder = await temporaryFolder();
    const bundle = join(folder, 'edge.tar.zst');
    await cp(next, bundle);
    await writeFile(`${bundle}.sig`, 'of another tool');
    const { exitCode, stderr } = await runCommand(Inspect, [bundle]);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/^Warning: .*edge\.tar\.zst\.sig.* \[SIGNATURE_FILE_INVALID\]\n$/);
    const checked = await runCommand(Inspect, [bundle, '--public-key', site.keyFile]);
    expect(checked).toMatchObject({ exitCode: 5, stderr: expect.stringContaining(`${bundle}.sig`) });
  });
});

test('a signature file that lies elsewhere is named', async () => {
  const signature = join(await temporaryFolder(), 'signature');
  await site.signFile(first, signature);
  const argv = [first, '--public-key', site.keyFile];
  expect(await runCommand(Verify, argv)).toMatchObject({ exitCode: 5 });
  expect(await runCommand(Verify, [...argv, '--signature', signature])).toMatchObject({ exitCode: 0 });
});
