import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { StreamReader } from '../../src/bundle/stream-reader.ts';
import { planBundle } from '../../src/bundle/plan-bundle.ts';
import { hashHere } from '../../src/io/hash-thread.ts';
import type { BlobReader } from '../../src/oci/blob-access.ts';
import { newAgeIdentity } from '../../src/trust/age-identities.ts';
import { parseAgeRecipients } from '../../src/trust/age-recipients.ts';
import type { AgeRecipients } from '../../src/trust/age-recipients.ts';
import { decryptBundle } from '../../src/workflows/decrypt-bundle.ts';
import type { DecryptInput } from '../../src/workflows/decrypt-bundle.ts';
import { encryptBundle } from '../../src/workflows/encrypt-bundle.ts';
import type { EncryptResources } from '../../src/workflows/encrypt-bundle.ts';
import { openBundle, openBundleFile } from '../../src/workflows/open-bundle.ts';
import { signBundle } from '../../src/workflows/sign-bundle.ts';
import { writeOutput } from '../../src/workflows/write-output.ts';
import { newPrivateKey } from '../support/new-private-key.ts';
import { rejection } from '../support/rejection.ts';
import { imageToBundle, noise, sampleContent } from '../support/sample-bundle.ts';
import { addImage, graphOf, MemoryBlobs } from '../support/sample-images.ts';
import { sealedFile, secretKey } from '../support/sealed-file.ts';
import { splitBundle, splitOptions } from '../support/split-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const signal = new AbortController().signal;

function resources(onBytes: (count: number) => void = () => undefined): EncryptResources {
  const listener = { onStart: () => undefined, onBytes };
  return { hasher: hashHere, tool: { name: 'palette-edge', version: '0.1.0' }, listener };
}

/** A bundle of some chunks in a folder, and a key. */
async function sample(options: { readonly isPlain?: boolean } = {}) {
  const folder = await temporaryFolder();
  const path = join(folder, 'edge.tar.zst');
  const { recipient, text } = await newAgeIdentity();
  const encryption: AgeRecipients = await parseAgeRecipients([recipient]);
  const writing = { ...(await splitOptions(folder, { seed: 3 })), split: undefined, path };
  if (options.isPlain !== false) await writeOutput(writing);
  return { folder, path, encryption, writing, identities: [secretKey(text)] };
}

async function decrypt(
  input: Partial<DecryptInput> & { readonly path: string },
  identities: readonly string[],
) {
  const askPassphrase = async (): Promise<string> => await Promise.reject(new Error('nobody asks'));
  const all = { output: undefined, keys: { identities, askPassphrase }, ...input };
  return await decryptBundle(all, resources(), signal);
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

test('a bundle comes back byte for byte, each file with its checksum', async () => {
  const { folder, path, encryption, identities } = await sample();
  const plain = await readFile(path);
  let bytes = 0;
  const input = { path, output: undefined, encryption };
  const result = await encryptBundle(
    input,
    resources((count) => (bytes += count)),
    signal,
  );
  const sealed = await readFile(`${path}.age`);
  expect(bytes).toBe(plain.length);
  expect(result).toMatchObject({
    plain: { path, size: plain.length },
    bundle: {
      path: `${path}.age`,
      size: sealed.length,
      sha256: sha256(sealed),
      encrypted: { format: 'age', size: plain.length, sha256: sha256(plain) },
    },
  });
  expect(await readFile(`${path}.age.sha256`, 'utf8')).toBe(`${sha256(sealed)}  edge.tar.zst.age\n`);
  const output = join(folder, 'back', 'edge.tar.zst');
  expect(await decrypt({ path: `${path}.age`, output }, identities)).toEqual({
    encrypted: { path: `${path}.age`, size: sealed.length },
    file: { path: output, size: plain.length, sha256: sha256(plain) },
  });
  expect((await readFile(output)).equals(plain)).toBe(true);
  expect(await readFile(`${output}.sha256`, 'utf8')).toBe(`${sha256(plain)}  edge.tar.zst\n`);
});

test('signatures that lie beside a bundle go along, beside what is encrypted and what is decrypted', async () => {
  const { folder, path, encryption, identities } = await sample();
  const key = await newPrivateKey();
  await signBundle({ path, output: undefined }, key);
  const signatures = await readFile(`${path}.sig`);
  const stick = join(folder, 'stick');
  await mkdir(stick);
  const other = `${'A'.repeat(86)}== ed25519 sha256:${'0'.repeat(64)}\n`;
  const sealed = join(stick, 'edge.tar.zst.age');
  await encryptBundle({ path, output: sealed, encryption }, resources(), signal);
  expect((await readFile(join(stick, 'edge.tar.zst.sig'))).equals(signatures)).toBe(true);
  const output = join(folder, 'back.tar.zst');
  await writeFile(`${output}.sig`, other);
  await decrypt({ path: sealed, output }, identities);
  // What was there may have been brought by hand.
  const lines = (await readFile(`${output}.sig`, 'utf8')).split('\n');
  expect(lines).toContain(other.trim());
  expect(lines).toContain(signatures.toString().trim());
  await rm(`${output}.sig`);
  await decrypt({ path: sealed, output }, identities);
  const trust = { keys: [{ publicKey: key.publicKey, file: 'edge.pub' }], signatureFiles: [] };
  const { signedBy, reader } = await openBundleFile(output, { trust });
  await reader.close();
  expect(signedBy).toHaveLength(1);
  await writeFile(join(stick, 'foreign.tar.zst.sig'), 'of another program');
  await encryptBundle(
    { path: output, output: join(stick, 'edge.tar.zst.age'), encryption },
    resources(),
    signal,
  );
  const taken = { path: output, output: join(stick, 'foreign.tar.zst.age'), encryption };
  expect(await rejection(encryptBundle(taken, resources(), signal))).toMatchObject({ code: 'OUTPUT_TAKEN' });
  expect(await readdir(stick)).not.toContain('foreign.tar.zst.age');
});

test('parts of a bundle are encrypted as one file, and an encrypted file is cut into parts, from any of which it is decrypted', async () => {
  const { folder, encryption, identities } = await sample({ isPlain: false });
  const parts = await splitBundle(folder);
  const split = { partSize: 5000, style: 'plain' } as const;
  const { bundle } = await encryptBundle(
    { path: parts.list, output: undefined, encryption, split },
    resources(),
    signal,
  );
  expect(bundle.path).toBe(join(folder, 'edge.tar.zst.age'));
  expect(bundle.parts?.files.length).toBeGreaterThan(2);
  const list: unknown = JSON.parse(await readFile(bundle.parts?.list ?? '', 'utf8'));
  expect(list).toMatchObject({
    bundle: {
      name: 'edge.tar.zst.age',
      size: bundle.size,
      sha256: bundle.sha256,
      id: bundle.id,
      encryption: 'age',
    },
  });
  const joined = await Promise.all(parts.parts.map(async ({ name }) => await readFile(join(folder, name))));
  for (const path of [bundle.parts?.list ?? '', `${bundle.path}.part01`, bundle.path]) {
    const output = join(await temporaryFolder(), 'edge.tar.zst');
    await decrypt({ path, output }, identities);
    expect((await readFile(output)).equals(Buffer.concat(joined))).toBe(true);
  }
});

describe('nothing is encrypted', () => {
  test('that is no bundle', async () => {
    const { folder, encryption } = await sample({ isPlain: false });
    const path = join(folder, 'notes.txt');
    await writeFile(path, 'hello');
    const error = await rejection(
      encryptBundle({ path, output: undefined, encryption }, resources(), signal),
    );
    expect(error.code).toBe('NOT_A_BUNDLE');
    expect(await readdir(folder)).toEqual(['notes.txt']);
  });

  test('that is encrypted already', async () => {
    const { path, encryption } = await sample();
    await encryptBundle({ path, output: undefined, encryption }, resources(), signal);
    const input = { path: `${path}.age`, output: undefined, encryption };
    expect((await rejection(encryptBundle(input, resources(), signal))).code).toBe('BUNDLE_ENCRYPTED');
  });

  test('that its checksum, or the list of its parts, does not know', async () => {
    const { folder, path, encryption } = await sample();
    const other = Buffer.from(await readFile(path));
    // In the middle: what is read to open it is whole.
    const middle = Math.floor(other.length / 2);
    other[middle] = (other[middle] ?? 0) ^ 1;
    await writeFile(path, other);
    const error = await rejection(
      encryptBundle({ path, output: undefined, encryption }, resources(), signal),
    );
    expect(error).toMatchObject({ code: 'BUNDLE_DAMAGED', kind: 'content' });
    expect(await readdir(folder)).toEqual(['edge.tar.zst', 'edge.tar.zst.sha256']);
  });

  test('over itself, or over a file that is something else', async () => {
    const { folder, path, encryption } = await sample();
    const itself = await rejection(encryptBundle({ path, output: path, encryption }, resources(), signal));
    expect(itself.code).toBe('OUTPUT_TAKEN');
    const output = join(folder, 'letter.age');
    await writeFile(output, 'Dear Sir or Madam, this is not encrypted');
    const taken = await rejection(encryptBundle({ path, output, encryption }, resources(), signal));
    expect(taken.code).toBe('OUTPUT_TAKEN');
    expect(await readFile(output, 'utf8')).toContain('Dear');
  });
});

test('an encrypted bundle replaces an older one, and its parts', async () => {
  const { folder, path, encryption } = await sample();
  const split = { partSize: 5000, style: 'plain' } as const;
  await encryptBundle({ path, output: undefined, encryption, split }, resources(), signal);
  for (const _ of [1, 2]) await encryptBundle({ path, output: undefined, encryption }, resources(), signal);
  const plain = ['edge.tar.zst', 'edge.tar.zst.sha256'];
  expect(await readdir(folder)).toEqual([
    ...plain.slice(0, 1),
    'edge.tar.zst.age',
    'edge.tar.zst.age.sha256',
    ...plain.slice(1),
  ]);
});

test('stopped in the middle, encrypting and decrypting leave nothing', async () => {
  const { folder, path, encryption, identities } = await sample();
  const stop = async (work: (one: EncryptResources, two: AbortSignal) => Promise<unknown>) => {
    const controller = new AbortController();
    const listener = { onStart: () => controller.abort(new Error('Ctrl-C')), onBytes: () => undefined };
    await expect(work({ ...resources(), listener }, controller.signal)).rejects.toThrow('Ctrl-C');
  };
  await stop(async (one, two) => await encryptBundle({ path, output: undefined, encryption }, one, two));
  expect(await readdir(folder)).toEqual(['edge.tar.zst', 'edge.tar.zst.sha256']);
  await encryptBundle({ path, output: undefined, encryption }, resources(), signal);
  const askPassphrase = async (): Promise<string> => await Promise.resolve('');
  const output = join(folder, 'made', 'edge.tar.zst');
  const input = { path: `${path}.age`, output, keys: { identities, askPassphrase } };
  await stop(async (one, two) => await decryptBundle(input, one, two));
  expect(await readdir(folder)).not.toContain('made');
});

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
    const { folder, encryption, identities } = await sample({ isPlain: false });
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
  const { folder, path, encryption } = await sample();
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

/** Layers so large that some are on the disk while others are still read. */
async function largeSample(path: string) {
  const blobs = new MemoryBlobs();
  const graphs = [1, 2, 3].map(async (seed) => await graphOf(blobs, addImage(blobs, noise(3_000_000, seed))));
  const images = (await Promise.all(graphs)).map((graph, index) => imageToBundle(`a.io/b:${index}`, graph));
  const plan = planBundle({ ...(await sampleContent(blobs)), images });
  return { ...(await splitOptions('unused')), plan, blobs, path, split: undefined };
}

test('while a bundle is written encrypted, nothing of it is on the disk that is not', async () => {
  const { folder, encryption, identities } = await sample({ isPlain: false });
  const out = join(folder, 'out');
  const writing = await largeSample(join(out, 'edge.tar.zst.age'));
  const beginnings: string[] = [];
  const watched = watchedBlobs(writing.blobs, async () => {
    for (const name of await readdir(out)) {
      const bytes = await readFile(join(out, name));
      if (bytes.length > 0) beginnings.push(bytes.subarray(0, 8).toString('latin1'));
    }
  });
  const written = await writeOutput({ ...writing, blobs: watched, encryption });
  expect(new Set(beginnings)).toEqual(new Set(['age-encr']));
  expect(await readdir(out)).toEqual(['edge.tar.zst.age', 'edge.tar.zst.age.sha256']);
  await decrypt({ path: writing.path }, identities);
  const plain = await readFile(join(out, 'edge.tar.zst'));
  expect(`sha256:${sha256(plain)}`).toBe('plain' in written ? written.plain?.sha256 : '');
  // The same that a build without encryption writes.
  await writeOutput({ ...writing, path: join(folder, 'again.tar.zst') });
  expect((await readFile(join(folder, 'again.tar.zst'))).equals(plain)).toBe(true);
});

/** Blobs that tell before one of them is read to its end. */
function watchedBlobs(blobs: BlobReader, onRead: () => Promise<void>): BlobReader {
  return {
    sizeOf: async (digest) => await blobs.sizeOf(digest),
    open: async (blob, options) => {
      const content = await blobs.open(blob, options);
      return (async function* () {
        yield* content;
        await onRead();
      })();
    },
  };
}

test('blobs that cannot be read leave no encrypted file, in one or in parts', async () => {
  const { folder, encryption, writing } = await sample({ isPlain: false });
  const gone = new Error('gone');
  const blobs = watchedBlobs(writing.blobs, async () => await Promise.reject(gone));
  for (const split of [undefined, { partSize: 5000, style: 'plain' } as const]) {
    const path = join(folder, 'out', 'edge.tar.zst.age');
    await expect(writeOutput({ ...writing, blobs, path, split, encryption })).rejects.toBe(gone);
    expect(await readdir(folder)).toEqual([]);
  }
});
