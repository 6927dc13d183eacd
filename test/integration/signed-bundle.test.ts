import { execFile } from 'node:child_process';
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { findPrivateKey, readPrivateKey } from '../../src/trust/private-key.ts';
import { signInventory } from '../../src/workflows/sign-inventory.ts';
import { cliEntry } from '../support/cli-entry.ts';
import { layeredBundle, wordsLayer } from '../support/delta-bundles.ts';
import { opensslKey, opensslKeys } from '../support/openssl-keys.ts';
import { requireTool } from '../support/required-tools.ts';
import { squeeze } from '../support/squeezing.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);

/** The name that the document has for its bundle. */
const bundleName = 'core-edge-1a2b3c4d.tar.zst';

/** Commands, and what they print. */
interface Documented {
  readonly script: string;
  readonly printed: string;
}

/** The commands of docs/signing.md under "Checking without this tool": what takes out the signature, and what checks it. */
async function documented(): Promise<Record<'extract' | 'dsa' | 'ed25519', Documented>> {
  const text = await readFile(new URL('../../docs/signing.md', import.meta.url), 'utf8');
  const section = text.slice(text.indexOf('\n## Checking without this tool\n'));
  const [, ...parts] = section.split('```console\n');
  const blocks = parts.map((part) => blockOf(part.slice(0, part.indexOf('```'))));
  const nothing = blockOf('');
  return { extract: blocks[0] ?? nothing, dsa: blocks[1] ?? nothing, ed25519: blocks[2] ?? nothing };
}

function blockOf(text: string): Documented {
  const lines = text.trimEnd().split('\n');
  const commands = lines.filter((line) => line.startsWith('$ '));
  return {
    script: commands.map((line) => line.slice(2)).join('\n'),
    printed: lines.filter((line) => !commands.includes(line)).join('\n'),
  };
}

let shared: string;
beforeAll(async () => {
  shared = await mkdtemp(join(tmpdir(), 'palette-edge-signed-'));
  // As it is installed.
  await writeFile(join(shared, 'palette-edge'), `#!/bin/sh\nexec '${process.execPath}' '${cliEntry}' "$@"\n`);
  await chmod(join(shared, 'palette-edge'), 0o755);
});
afterAll(async () => await rm(shared, { recursive: true }));

/** Runs what is written there, as somebody would who copies it into a terminal. */
async function shell(cwd: string, script: string): Promise<string> {
  const env = { PATH: `${shared}:${process.env['PATH'] ?? ''}`, HOME: cwd };
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], { cwd, env });
  return stdout.trimEnd();
}

/** A folder with the bundle of the document, signed with a key of openssl in the folder's `edge.key`. */
async function scene(algorithm: keyof typeof opensslKeys): Promise<string> {
  requireTool('openssl');
  const folder = await temporaryFolder();
  const { privatePem, publicPem } = await opensslKey(folder, opensslKeys[algorithm]);
  await writeFile(join(folder, 'edge.key'), privatePem);
  await writeFile(join(folder, 'edge.pub'), publicPem);
  const key = readPrivateKey(findPrivateKey(privatePem, 'edge.key'));
  const images = [[wordsLayer(1)]];
  const { bytes } = await layeredBundle({ images, sign: (inventory) => signInventory(inventory, key) });
  await writeFile(join(folder, bundleName), bytes);
  return folder;
}

describe('the commands of the document verify a bundle that is', () => {
  test.each([
    ['signed with ECDSA', 'ecdsa-p256-sha256', 'dsa'],
    ['signed with RSA', 'rsa-pkcs1-sha256', 'dsa'],
    ['signed with Ed25519', 'ed25519', 'ed25519'],
  ] as const)('%s', async (_what, algorithm, which) => {
    const folder = await scene(algorithm);
    const { extract, [which]: check } = await documented();
    expect(check.printed).toMatch(/^Verified OK$|Successfully$/);
    await shell(folder, extract.script);
    expect(await shell(folder, check.script)).toBe(check.printed);
    const inventory = join(folder, 'inventory.json');
    await writeFile(inventory, (await readFile(inventory, 'utf8')).replace('"edge"', '"edgf"'));
    await expect(shell(folder, check.script)).rejects.toThrow('Command failed');
  });

  test('squeezed, without a program of ours', async () => {
    const folder = await scene('ecdsa-p256-sha256');
    const { extract, dsa: check } = await documented();
    const plain = join(folder, 'plain.tar.zst');
    await cp(join(folder, bundleName), plain);
    await squeeze(plain, { output: join(folder, bundleName) });
    await shell(folder, extract.script);
    expect(await shell(folder, check.script)).toBe('Verified OK');
    const files = 'palette-edge/plain/inventory.json palette-edge/inventory.sig';
    await shell(folder, `zstd -dc ${bundleName} | tar -xf - ${files}`);
    const same =
      'cmp inventory.json palette-edge/plain/inventory.json; cmp inventory.sig palette-edge/inventory.sig';
    expect(await shell(folder, same)).toBe('');
  });
});

test('a bundle that openssl signed is taken like one that was signed here', async () => {
  const folder = await scene('rsa-pkcs1-sha256');
  const script = `
palette-edge extract ${bundleName} --file palette-edge/inventory.json --output inventory.json
id=$(openssl pkey -pubin -in edge.pub -outform DER | sha256sum | cut -d ' ' -f 1)
signature=$(openssl dgst -sha256 -sign edge.key inventory.json | base64 -w 0)
echo "$signature rsa-pkcs1-sha256 sha256:$id" > ${bundleName}.sig
palette-edge extract ${bundleName} --file palette-edge/inventory.sig --output inventory.sig
cmp inventory.sig ${bundleName}.sig
palette-edge verify ${bundleName} --public-key edge.pub`;
  expect(await shell(folder, script)).toContain('is whole');
  const other = 'openssl genrsa 2048 2>/dev/null | openssl pkey -pubout > other.pub';
  const failed = shell(folder, `${other}\npalette-edge verify ${bundleName} --public-key other.pub`);
  await expect(failed).rejects.toThrow(/Error: .* is signed with sha256:/);
});
