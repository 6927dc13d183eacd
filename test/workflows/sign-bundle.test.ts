import { copyFile, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { checkSignatures } from '../../src/trust/check-signatures.ts';
import { findPrivateKey, readPrivateKey } from '../../src/trust/private-key.ts';
import type { PrivateKey } from '../../src/trust/private-key.ts';
import { signBytes } from '../../src/trust/sign-bytes.ts';
import { parseSignatures, serializeSignatures } from '../../src/trust/signature-file.ts';
import { signBundle } from '../../src/workflows/sign-bundle.ts';
import type { SignResult } from '../../src/workflows/sign-bundle.ts';
import { inventoryOf } from '../support/bundle-signer.ts';
import { bundleFile, makeIso } from '../support/iso-bundles.ts';
import { newPrivateKey } from '../support/new-private-key.ts';
import { openssl } from '../support/openssl.ts';
import { opensslKey, opensslKeys } from '../support/openssl-keys.ts';
import { rejection } from '../support/rejection.ts';
import { squeezeSample } from '../support/sample-squeezed.ts';
import { splitBundle } from '../support/split-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function sign(path: string, key: PrivateKey, output?: string): Promise<SignResult> {
  return await signBundle({ path, output }, key);
}

/** Whose signatures of these bytes are in a file; of others it says nothing. */
async function signersIn(file: string, bytes: Uint8Array, ...keys: readonly PrivateKey[]) {
  const options = { keys: keys.map(({ publicKey }) => publicKey), name: file };
  return checkSignatures(bytes, parseSignatures(await readFile(file), file), options).signedBy;
}

describe('a bundle is signed', () => {
  test('in a file beside it, and stays as it is', async () => {
    const { folder, path, sample } = await bundleFile();
    const key = await newPrivateKey('ecdsa');
    const inventory = await inventoryOf(path);
    expect(await sign(path, key)).toEqual({
      path,
      name: 'edge-demo',
      id: sample.plan.id,
      inventory: digestOf(inventory),
      keyId: key.publicKey.id,
      algorithm: 'ecdsa-p256-sha256',
      file: `${path}.sig`,
      signatures: 1,
    });
    expect((await readdir(folder)).toSorted()).toEqual(['edge.tar.zst', 'edge.tar.zst.sig']);
    expect((await readFile(path)).equals(sample.bytes)).toBe(true);
    expect(await signersIn(`${path}.sig`, inventory, key)).toEqual([key.publicKey.id]);
  });

  test('by several, each once, whatever their order', async () => {
    const { folder, path } = await bundleFile();
    const [first, second] = [await newPrivateKey('ecdsa'), await newPrivateKey()];
    await sign(path, first);
    expect(await sign(path, second)).toMatchObject({ signatures: 2 });
    expect(await sign(path, first)).toMatchObject({ signatures: 2 });
    const other = join(folder, 'other.sig');
    await sign(path, second, other);
    await sign(path, first, other);
    expect(await readFile(other)).toEqual(await readFile(`${path}.sig`));
    expect(await signersIn(other, await inventoryOf(path), first, second)).toHaveLength(2);
  });

  test('anew: what the key had signed before goes, what others have signed stays', async () => {
    const { path } = await bundleFile();
    const [own, other] = [await newPrivateKey(), await newPrivateKey()];
    const before = Buffer.from('an older inventory');
    const signatures = [signBytes(before, own), signBytes(before, other)];
    await writeFile(`${path}.sig`, serializeSignatures(signatures));
    expect(await sign(path, own)).toMatchObject({ signatures: 2 });
    expect(await signersIn(`${path}.sig`, await inventoryOf(path), own)).toEqual([own.publicKey.id]);
    expect(await signersIn(`${path}.sig`, before, other)).toEqual([other.publicKey.id]);
  });

  test.each(['the list', 'a part', 'the name'])('in parts, by %s', async (by) => {
    const folder = await temporaryFolder();
    const { path, list, parts } = await splitBundle(folder);
    const given = { 'the list': list, 'a part': join(folder, parts[1]?.name ?? ''), 'the name': path }[by];
    const { file } = await sign(given ?? '', await newPrivateKey());
    expect(file).toBe(`${path}.sig`);
  });

  test('in an image, beside that', async () => {
    const { folder, path } = await bundleFile();
    const key = await newPrivateKey();
    const { path: iso } = await makeIso([path]);
    expect(await sign(iso, key)).toMatchObject({ file: join(folder, 'edge.iso.sig') });
    expect(await sign(`${iso}:edge.tar.zst`, key)).toMatchObject({ file: join(folder, 'edge.iso.sig') });
    expect(await signersIn(`${iso}.sig`, await inventoryOf(path), key)).toHaveLength(1);
  });

  test('through a link to the file of signatures, which stays a link', async () => {
    const { folder, path } = await bundleFile();
    await writeFile(
      join(folder, 'elsewhere'),
      serializeSignatures([signBytes(Buffer.from('x'), await newPrivateKey())]),
    );
    await symlink('elsewhere', `${path}.sig`);
    expect(await sign(path, await newPrivateKey())).toMatchObject({ signatures: 2 });
    expect((await readFile(join(folder, 'elsewhere'))).equals(await readFile(`${path}.sig`))).toBe(true);
  });

  test('and openssl verifies it, squeezed or not: it is one signature', async () => {
    const { folder, path, sample } = await bundleFile();
    const squeezed = join(folder, 'edge.squeezed.tar.zst');
    await writeFile(squeezed, (await squeezeSample(sample)).bytes);
    const { privatePem } = await opensslKey(folder, opensslKeys['ecdsa-p256-sha256']);
    const key = readPrivateKey(findPrivateKey(privatePem, 'key.pem'));
    await sign(path, key);
    await sign(squeezed, key);
    expect(await readFile(`${squeezed}.sig`)).toEqual(await readFile(`${path}.sig`));
    const [line = ''] = (await readFile(`${path}.sig`, 'utf8')).split(' ');
    await writeFile(join(folder, 'signature'), Buffer.from(line, 'base64'));
    await writeFile(join(folder, 'inventory.json'), await inventoryOf(squeezed));
    const verify = 'dgst -sha256 -verify key.pub -signature signature inventory.json';
    expect(await openssl(folder, verify)).toBe('Verified OK\n');
  });
});

describe('nothing is written', () => {
  test('over a file that holds no signatures of bundles', async () => {
    const { path } = await bundleFile();
    await writeFile(`${path}.sig`, 'of another program');
    expect(await rejection(sign(path, await newPrivateKey()))).toMatchObject({
      code: 'OUTPUT_TAKEN',
      kind: 'usage',
    });
    expect(await readFile(`${path}.sig`, 'utf8')).toBe('of another program');
  });

  test('for a bundle with a damaged head, or what is none', async () => {
    const { folder, path, sample } = await bundleFile();
    const damaged = Buffer.from(sample.bytes);
    damaged.writeUInt8(damaged.readUInt8(200) ^ 1, 200);
    await writeFile(path, damaged);
    const key = await newPrivateKey();
    expect(await rejection(sign(path, key))).toMatchObject({ kind: 'content' });
    await writeFile(join(folder, 'x'), 'no bundle');
    expect(await rejection(sign(join(folder, 'x'), key))).toMatchObject({ code: 'NOT_A_BUNDLE' });
    expect((await readdir(folder)).filter((name) => name.endsWith('.sig'))).toEqual([]);
  });

  test('beside an image of several bundles: nobody could tell whose signature it is', async () => {
    const { folder, path } = await bundleFile();
    const other = join(folder, 'other.tar.zst');
    await copyFile(path, other);
    const { path: iso } = await makeIso([path, other]);
    const key = await newPrivateKey();
    expect(await rejection(sign(`${iso}:edge.tar.zst`, key))).toMatchObject({
      code: 'OUTPUT_NEEDED',
      kind: 'usage',
    });
    const output = join(folder, 'edge.sig');
    expect(await sign(`${iso}:edge.tar.zst`, key, output)).toMatchObject({ file: output });
  });

  test('with more signatures than a reader takes', async () => {
    const { path } = await bundleFile();
    for (let count = 0; count < 16; count += 1) await sign(path, await newPrivateKey());
    const before = await readFile(`${path}.sig`);
    expect(await rejection(sign(path, await newPrivateKey()))).toMatchObject({ kind: 'content' });
    expect(await readFile(`${path}.sig`)).toEqual(before);
  });
});
