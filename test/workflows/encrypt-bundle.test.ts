import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { planBundle } from '../../src/bundle/plan-bundle.ts';
import type { BlobReader } from '../../src/oci/blob-access.ts';
import { decryptBundle } from '../../src/workflows/decrypt-bundle.ts';
import { encryptBundle } from '../../src/workflows/encrypt-bundle.ts';
import type { EncryptResources } from '../../src/workflows/encrypt-bundle.ts';
import { openBundleFile } from '../../src/workflows/open-bundle.ts';
import { signBundle } from '../../src/workflows/sign-bundle.ts';
import { writeOutput } from '../../src/workflows/write-output.ts';
import { layeredBundle } from '../support/delta-bundles.ts';
import { newPrivateKey } from '../support/new-private-key.ts';
import { rejection } from '../support/rejection.ts';
import { imageToBundle, noise, sampleContent } from '../support/sample-bundle.ts';
import { addImage, graphOf, MemoryBlobs } from '../support/sample-images.ts';
import { splitBundle, splitOptions } from '../support/split-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { decrypt, resources, bundleToEncrypt } from './bundle-to-encrypt.ts';

const signal = new AbortController().signal;

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

test('a bundle comes back byte for byte, each file with its checksum', async () => {
  const { folder, path, encryption, identities } = await bundleToEncrypt();
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

test('a signature of an older bundle does not lie beside the one that replaces it', async () => {
  const { folder, path: old, encryption, identities } = await bundleToEncrypt();
  const key = await newPrivateKey();
  const trust = { keys: [{ publicKey: key.publicKey, file: 'edge.pub' }], signatureFiles: [] };
  await signBundle({ path: old, output: undefined }, key);
  const path = join(folder, 'newer.tar.zst');
  const files = [Buffer.from('newer')];
  await writeFile(path, (await layeredBundle({ images: [], files })).bytes);
  const sealed = join(folder, 'stick', 'edge.tar.zst.age');
  // What is sealed is replaced under its name, and so is what was decrypted at the site.
  const output = join(folder, 'site', 'edge.tar.zst');
  const carry = async (bundle: string): Promise<void> => {
    await encryptBundle({ path: bundle, output: sealed, encryption }, resources(), signal);
    await decrypt({ path: sealed, output }, identities);
  };
  await carry(old);
  await signBundle({ path, output: undefined }, key);
  await carry(path);
  const { signedBy, reader } = await openBundleFile(output, { trust });
  await reader.close();
  expect(signedBy).toHaveLength(1);
  // Without any of its own it has none.
  await rm(`${path}.sig`);
  await rm(join(folder, 'stick'), { recursive: true });
  await carry(old);
  await rm(join(folder, 'stick', 'edge.tar.zst.sig'));
  await carry(path);
  expect(await rejection(openBundleFile(output, { trust }))).toMatchObject({ code: 'SIGNATURE_MISSING' });
});

test('signatures that lie beside a bundle go along, beside what is encrypted and what is decrypted', async () => {
  const { folder, path, encryption, identities } = await bundleToEncrypt();
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

test('a signature file that somebody has changed does not go along, which is told', async () => {
  const { folder, path, encryption } = await bundleToEncrypt();
  await signBundle({ path, output: undefined }, await newPrivateKey());
  const lines = await readFile(`${path}.sig`, 'utf8');
  await writeFile(`${path}.sig`, lines.replaceAll('\n', '\r\n'));
  await mkdir(join(folder, 'stick'));
  const input = { path, output: join(folder, 'stick', 'edge.tar.zst.age'), encryption };
  const { warnings } = await encryptBundle(input, resources(), signal);
  expect(warnings).toMatchObject([{ code: 'SIGNATURE_FILE_LEFT_OUT' }]);
  expect(await readdir(join(folder, 'stick'))).not.toContain('edge.tar.zst.sig');
});

test('parts of a bundle are encrypted as one file, and an encrypted file is cut into parts, from any of which it is decrypted', async () => {
  const { folder, encryption, identities } = await bundleToEncrypt({ isPlain: false });
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
    const { folder, encryption } = await bundleToEncrypt({ isPlain: false });
    const path = join(folder, 'notes.txt');
    await writeFile(path, 'hello');
    const error = await rejection(
      encryptBundle({ path, output: undefined, encryption }, resources(), signal),
    );
    expect(error.code).toBe('NOT_A_BUNDLE');
    expect(await readdir(folder)).toEqual(['notes.txt']);
  });

  test('that is encrypted already', async () => {
    const { path, encryption } = await bundleToEncrypt();
    await encryptBundle({ path, output: undefined, encryption }, resources(), signal);
    const input = { path: `${path}.age`, output: undefined, encryption };
    expect((await rejection(encryptBundle(input, resources(), signal))).code).toBe('BUNDLE_ENCRYPTED');
  });

  test('that its checksum, or the list of its parts, does not know', async () => {
    const { folder, path, encryption } = await bundleToEncrypt();
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
    const { folder, path, encryption } = await bundleToEncrypt();
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
  const { folder, path, encryption } = await bundleToEncrypt();
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
  const { folder, path, encryption, identities } = await bundleToEncrypt();
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

/** Layers so large that some are on the disk while others are still read. */
async function largeSample(path: string) {
  const blobs = new MemoryBlobs();
  const graphs = [1, 2, 3].map(async (seed) => await graphOf(blobs, addImage(blobs, noise(3_000_000, seed))));
  const images = (await Promise.all(graphs)).map((graph, index) => imageToBundle(`a.io/b:${index}`, graph));
  const plan = planBundle({ ...(await sampleContent(blobs)), images });
  return { ...(await splitOptions('unused')), plan, blobs, path, split: undefined };
}

test('while a bundle is written encrypted, nothing of it is on the disk that is not', async () => {
  const { folder, encryption, identities } = await bundleToEncrypt({ isPlain: false });
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
  const { folder, encryption, writing } = await bundleToEncrypt({ isPlain: false });
  const gone = new Error('gone');
  const blobs = watchedBlobs(writing.blobs, async () => await Promise.reject(gone));
  for (const split of [undefined, { partSize: 5000, style: 'plain' } as const]) {
    const path = join(folder, 'out', 'edge.tar.zst.age');
    await expect(writeOutput({ ...writing, blobs, path, split, encryption })).rejects.toBe(gone);
    expect(await readdir(folder)).toEqual([]);
  }
});
