import { createReadStream } from 'node:fs';
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { StreamReader } from '../../src/bundle/stream-reader.ts';
import { newAgeIdentity } from '../../src/trust/age-identities.ts';
import { encryptBundle } from '../../src/workflows/encrypt-bundle.ts';
import { openBundle } from '../../src/workflows/open-bundle.ts';
import { rejection } from '../support/rejection.ts';
import { noise } from '../support/sample-bundle.ts';
import { sealedFile, secretKey } from '../support/sealed-file.ts';
import { splitBundle } from '../support/split-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { decrypt, resources, bundleToEncrypt } from './bundle-to-encrypt.ts';

const signal = new AbortController().signal;

describe('a file that cannot be decrypted leaves nothing', () => {
  async function sealed(plain: Uint8Array = noise(200_000, 9)) {
    const folder = await temporaryFolder();
    const path = join(folder, 'edge.tar.zst.age');
    const { file, start, identities } = await sealedFile(plain);
    await writeFile(path, file);
    return { folder, path, file, start, identities };
  }

  test('because of a changed byte', async () => {
    const { folder, path, file, identities } = await sealed();
    file.writeUInt8(file.readUInt8(150_000) ^ 128, 150_000);
    await writeFile(path, file);
    const error = await rejection(decrypt({ path }, identities));
    expect(error).toMatchObject({ code: 'ENCRYPTED_FILE_DAMAGED', kind: 'content' });
    expect(error.message).toContain(`${path} is damaged: chunk 2, bytes `);
    expect(await readdir(folder)).toEqual(['edge.tar.zst.age']);
  });

  test('because it was cut behind a chunk', async () => {
    const { folder, path, start, identities } = await sealed();
    await truncate(path, start + 2 * (65_536 + 16));
    expect(await rejection(decrypt({ path }, identities))).toMatchObject({
      code: 'ENCRYPTED_FILE_TRUNCATED',
      kind: 'content',
    });
    expect(await readdir(folder)).toEqual(['edge.tar.zst.age']);
  });

  test('because the key is another one: an older file of that name stays', async () => {
    const { folder, path } = await sealed();
    const older = Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), noise(100, 1)]);
    await writeFile(join(folder, 'edge.tar.zst'), older);
    const stranger = [secretKey((await newAgeIdentity()).text)];
    expect(await rejection(decrypt({ path }, stranger))).toMatchObject({
      code: 'NO_IDENTITY_MATCHES',
      kind: 'authentication',
    });
    expect((await readFile(join(folder, 'edge.tar.zst'))).equals(older)).toBe(true);
  });

  test('because a part is damaged, which is named', async () => {
    const { folder, encryption, identities } = await bundleToEncrypt({ isPlain: false });
    const { list } = await splitBundle(folder);
    const split = { partSize: 5000, style: 'plain' } as const;
    const { bundle } = await encryptBundle(
      { path: list, output: undefined, encryption, split },
      resources(),
      signal,
    );
    const part = join(folder, 'edge.tar.zst.age.part01');
    await writeFile(part, (await readFile(part)).fill(0, 100, 200));
    const output = join(folder, 'back.tar.zst');
    const error = await rejection(decrypt({ path: bundle.path, output }, identities));
    expect(error.code).toBe('ENCRYPTED_FILE_DAMAGED');
    expect(error.message).toContain('edge.tar.zst.age.part01');
    expect(await readdir(folder)).not.toContain('back.tar.zst');
  });
});

test('an empty file, and one that is no bundle, are decrypted as well', async () => {
  for (const plain of [Buffer.alloc(0), Buffer.from('hello')]) {
    const path = join(await temporaryFolder(), 'notes.age');
    const { file, identities } = await sealedFile(plain);
    await writeFile(path, file);
    const { file: written } = await decrypt({ path }, identities);
    expect(written.size).toBe(plain.length);
    expect((await readFile(path.replace(/\.age$/, ''))).equals(plain)).toBe(true);
  }
});

test('a name that does not say what the decrypted file is called asks for one', async () => {
  const path = join(await temporaryFolder(), 'edge.bin');
  const { file, identities } = await sealedFile(Buffer.from('hello'));
  await writeFile(path, file);
  expect(await rejection(decrypt({ path }, identities))).toMatchObject({
    code: 'OUTPUT_NEEDED',
    kind: 'usage',
  });
});

test('whoever reads bundles is told to decrypt first', async () => {
  const { folder, path, encryption } = await bundleToEncrypt();
  const split = { partSize: 5000, style: 'plain' } as const;
  await encryptBundle({ path, output: undefined, encryption }, resources(), signal);
  await encryptBundle({ path, output: join(folder, 'parts.age'), encryption, split }, resources(), signal);
  for (const encrypted of [`${path}.age`, join(folder, 'parts.age.parts.json')]) {
    const error = await rejection(openBundle(encrypted));
    expect(error).toMatchObject({ code: 'BUNDLE_ENCRYPTED', kind: 'usage' });
    expect(error.suggestions[0]).toContain('palette-edge decrypt');
  }
  const stream = createReadStream(`${path}.age`);
  const error = await rejection(StreamReader.open(stream, 'standard input'));
  expect(error).toMatchObject({ code: 'BUNDLE_ENCRYPTED', kind: 'usage' });
  await writeFile(join(folder, 'armored'), `-----BEGIN AGE ENCRYPTED FILE-----\n${'A'.repeat(64)}\n`);
  expect((await rejection(openBundle(join(folder, 'armored')))).code).toBe('BUNDLE_ENCRYPTED');
});
