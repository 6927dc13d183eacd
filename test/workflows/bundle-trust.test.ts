import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { readTrustedKeys } from '../../src/workflows/bundle-trust.ts';
import type { BundleTrust } from '../../src/workflows/bundle-trust.ts';
import { openBundleFile } from '../../src/workflows/open-bundle.ts';
import { openStream } from '../../src/workflows/open-stream.ts';
import { bundleSigner, inventoryOf } from '../support/bundle-signer.ts';
import type { BundleSigner } from '../support/bundle-signer.ts';
import { rejection } from '../support/rejection.ts';
import { requireTool } from '../support/required-tools.ts';
import { MemoryBlobs } from '../support/sample-images.ts';
import { sampleBundle, sampleContent, writeSample } from '../support/sample-bundle.ts';
import { sampleEntries, sampleIso } from '../support/sample-iso.ts';
import { splitBundle } from '../support/split-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);

let keys: string;
let site: BundleSigner;
let stranger: BundleSigner;
let bytes: Buffer;
let signedInside: Buffer;
beforeAll(async () => {
  keys = await mkdtemp(join(tmpdir(), 'palette-edge-keys-'));
  [site, stranger] = [await bundleSigner(keys, 'site'), await bundleSigner(keys, 'stranger')];
  ({ bytes } = await sampleBundle());
  const blobs = new MemoryBlobs();
  ({ bytes: signedInside } = await writeSample({ ...(await sampleContent(blobs)), sign: site.sign }, blobs));
});
afterAll(async () => await rm(keys, { recursive: true }));

async function bundleFile(content: Uint8Array = bytes): Promise<string> {
  const path = join(await temporaryFolder(), 'edge.tar.zst');
  await writeFile(path, content);
  return path;
}

/** Whose signatures a bundle has. */
async function signersOf(path: string, trust: BundleTrust = site.trust) {
  const { reader, signedBy } = await openBundleFile(path, { trust });
  await reader.close();
  return signedBy;
}

const bySite = () => [{ keyId: site.keyId, keyFile: site.keyFile }];

describe('a signature is found', () => {
  test('in the bundle', async () => {
    expect(await signersOf(await bundleFile(signedInside))).toEqual(bySite());
  });

  test('beside the bundle, also through a symbolic link with one of its own', async () => {
    const path = await bundleFile();
    await site.signFile(path);
    expect(await signersOf(path)).toEqual(bySite());
    const link = join(await temporaryFolder(), 'link.tar.zst');
    await symlink(path, link);
    expect(await rejection(signersOf(link))).toMatchObject({ code: 'SIGNATURE_MISSING' });
    await copyFile(`${path}.sig`, `${link}.sig`);
    expect(await signersOf(link)).toEqual(bySite());
  });

  test('in both places, of two who signed', async () => {
    const path = await bundleFile(signedInside);
    await stranger.signFile(path);
    expect(await signersOf(path)).toEqual(bySite());
    const both = await readTrustedKeys([stranger.keyFile, site.keyFile]);
    expect(await signersOf(path, { keys: both, signatureFiles: [] })).toEqual([
      { keyId: stranger.keyId, keyFile: stranger.keyFile },
      ...bySite(),
    ]);
  });

  test('in a file that was named, and only there is it looked for elsewhere', async () => {
    const path = await bundleFile();
    const elsewhere = await site.signFile(path, join(keys, 'elsewhere'));
    expect(await rejection(signersOf(path))).toMatchObject({ code: 'SIGNATURE_MISSING' });
    expect(await signersOf(path, { ...site.trust, signatureFiles: [elsewhere] })).toEqual(bySite());
    const missing = { ...site.trust, signatureFiles: [join(keys, 'nothing')] };
    expect(await rejection(signersOf(path, missing))).toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  test('beside parts, under the name that they are joined to, whichever of them is named', async () => {
    const folder = await temporaryFolder();
    await splitBundle(folder);
    const list = join(folder, 'edge.tar.zst.parts.json');
    await site.signFile(list, join(folder, 'edge.tar.zst.sig'));
    expect(await signersOf(list)).toEqual(bySite());
    expect(await signersOf(join(folder, 'edge.tar.zst.part00'))).toEqual(bySite());
    expect(await signersOf(join(folder, 'edge.tar.zst'))).toEqual(bySite());
  });

  test('in an ISO image beside the bundle, and beside the image', async () => {
    const path = await bundleFile();
    const signature = site.sign(await inventoryOf(path));
    const inside = await sampleIso(
      await sampleEntries({ 'content/edge.tar.zst': bytes, 'content/edge.tar.zst.sig': signature }),
    );
    expect(await signersOf(inside)).toEqual(bySite());
    expect(await signersOf(`${inside}:content/edge.tar.zst`)).toEqual(bySite());
    const outside = await sampleIso(await sampleEntries({ 'edge.tar.zst': bytes }));
    expect(await rejection(signersOf(outside))).toMatchObject({ code: 'SIGNATURE_MISSING' });
    await writeFile(`${outside}.sig`, signature);
    expect(await signersOf(outside)).toEqual(bySite());
    const two = await sampleIso(await sampleEntries({ 'a.tar.zst': bytes, 'b.tar.zst': bytes }));
    await writeFile(`${two}.sig`, signature);
    expect(await rejection(signersOf(`${two}:a.tar.zst`))).toMatchObject({ code: 'SIGNATURE_MISSING' });
  });

  test('beside an image with other files that are called like bundles', async () => {
    const image = await sampleIso(
      await sampleEntries({ 'edge.tar.zst': bytes, 'docs.tar': Buffer.from('no bundle') }),
    );
    await site.signFile(image);
    expect(await signersOf(image)).toEqual(bySite());
    expect(await signersOf(`${image}:edge.tar.zst`)).toEqual(bySite());
  });
});

describe('what is not as it has to be names bundle, id and keys', () => {
  const where = async (path: string) =>
    `${path} (edge-demo ${digestOf(await inventoryOf(path)).slice(7, 15)})`;

  test('unsigned', async () => {
    const path = await bundleFile();
    expect(await rejection(signersOf(path))).toMatchObject({
      code: 'SIGNATURE_MISSING',
      kind: 'content',
      message: `${await where(path)} is not signed`,
      suggestions: expect.arrayContaining([`It was checked with ${site.keyFile} (${site.keyId}).`]),
      details: { bundle: { path, name: 'edge-demo' }, keys: bySite() },
    });
  });

  test('signed by others', async () => {
    const path = await bundleFile();
    await stranger.signFile(path);
    expect(await rejection(signersOf(path))).toMatchObject({
      code: 'SIGNATURE_BY_OTHER_KEY',
      kind: 'content',
      message: `${await where(path)} is signed with ${stranger.keyId}; expected was ${site.keyId}`,
      details: { found: [stranger.keyId], keys: bySite() },
    });
  });

  test('signed as something else', async () => {
    const path = await bundleFile(signedInside);
    await writeFile(`${path}.sig`, site.sign(Buffer.from('another inventory')));
    const error = await rejection(signersOf(path));
    expect(error).toMatchObject({ code: 'SIGNATURE_WRONG', kind: 'content' });
    expect(error.message).toContain(await where(path));
  });

  test('with a signature file that is damaged, too large, or no file', async () => {
    const path = await bundleFile(signedInside);
    const file = `${path}.sig`;
    await writeFile(file, 'no signature\n');
    const damaged = await rejection(signersOf(path));
    expect(damaged).toMatchObject({ code: 'SIGNATURE_FILE_INVALID', kind: 'content' });
    expect(damaged.message).toContain(file);
    // Sparse: it is not read as a whole.
    await truncate(file, 2 ** 40);
    const large = await rejection(signersOf(path));
    expect(large).toMatchObject({ code: 'SIGNATURE_FILE_INVALID', kind: 'content' });
    expect(large.message).toContain(file);
    await rm(file);
    await mkdir(file);
    expect(await rejection(signersOf(path))).toMatchObject({
      kind: 'usage',
      message: expect.stringContaining(file),
    });
    await rm(file, { recursive: true });
    await run('mkfifo', [file]);
    expect(await rejection(signersOf(path))).toMatchObject({ code: 'NOT_A_FILE' });
    // Nobody asked.
    const { reader, signedBy } = await openBundleFile(path);
    await reader.close();
    expect(signedBy).toEqual([]);
  });
});

test('no byte of a signature can be changed', async () => {
  const path = await bundleFile();
  const file = await site.signFile(path);
  const right = await readFile(file);
  for (const index of right.keys()) {
    const changed = Buffer.from(right);
    changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
    await writeFile(file, changed);
    expect(await rejection(signersOf(path)), `byte ${index}`).toMatchObject({ kind: 'content' });
  }
});

test('a signature of openssl is one, with each kind of key', async () => {
  const path = await bundleFile();
  const folder = await temporaryFolder();
  const inventory = join(folder, 'inventory.json');
  await writeFile(inventory, await inventoryOf(path));
  const openssl = async (...argv: string[]) => await run(requireTool('openssl'), argv, { cwd: folder });
  const kinds = {
    'rsa-pkcs1-sha256': ['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
    'ecdsa-p256-sha256': ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    ed25519: ['genpkey', '-algorithm', 'ED25519'],
  };
  const lines: string[] = [];
  for (const [algorithm, argv] of Object.entries(kinds)) {
    await openssl(...argv, '-out', `${algorithm}.key`);
    await openssl('pkey', '-in', `${algorithm}.key`, '-pubout', '-out', `${algorithm}.pub`);
    await openssl('pkey', '-in', `${algorithm}.key`, '-pubout', '-outform', 'DER', '-out', 'key.der');
    await (algorithm === 'ed25519'
      ? openssl(
          'pkeyutl',
          '-sign',
          '-rawin',
          '-inkey',
          `${algorithm}.key`,
          '-in',
          inventory,
          '-out',
          'signature',
        )
      : openssl('dgst', '-sha256', '-sign', `${algorithm}.key`, '-out', 'signature', inventory));
    const signature = (await readFile(join(folder, 'signature'))).toString('base64');
    lines.push(`${signature} ${algorithm} ${digestOf(await readFile(join(folder, 'key.der')))}\n`);
  }
  await writeFile(`${path}.sig`, lines.join(''));
  for (const algorithm of Object.keys(kinds)) {
    const file = join(folder, `${algorithm}.pub`);
    const trust = { keys: await readTrustedKeys([file]), signatureFiles: [] };
    expect(await signersOf(path, trust)).toMatchObject([{ keyFile: file }]);
  }
});

describe('a stream', () => {
  /** Its first piece is the head: whoever reads on fails. */
  async function* onlyHead(content: Buffer) {
    const size = frameSize(content);
    yield await Promise.resolve(content.subarray(0, size));
    throw new Error('something behind the head was read');
  }

  const open = async (content: Buffer, trust: BundleTrust) =>
    await openStream({ path: '-', stream: onlyHead(content), trust });

  test('is not read behind the head when it is not signed as it has to be', async () => {
    expect(await rejection(open(bytes, site.trust))).toMatchObject({
      code: 'SIGNATURE_MISSING',
      suggestions: expect.arrayContaining([expect.stringContaining('with --signature')]),
    });
    expect(await rejection(open(signedInside, stranger.trust))).toMatchObject({
      code: 'SIGNATURE_BY_OTHER_KEY',
    });
    await expect(open(signedInside, site.trust)).rejects.toThrow('something behind the head was read');
  });

  test('may have its signature in a file that is named', async () => {
    const path = await bundleFile();
    const named = { ...site.trust, signatureFiles: [await site.signFile(path)] };
    await expect(open(bytes, named)).rejects.toThrow('something behind the head was read');
  });
});

/** Bytes of the first frame: our frames have a header with sizes, and blocks that say how long they are (RFC 8878, 3.1.1). */
function frameSize(frame: Buffer): number {
  const flags = frame.readUInt8(4);
  let position = 5 + ([1, 2, 4, 8][flags >> 6] ?? 0);
  for (let isLast = false; !isLast;) {
    const header = frame.readUIntLE(position, 3);
    isLast = (header & 1) === 1;
    position += 3 + (((header >> 1) & 3) === 1 ? 1 : header >> 3);
  }
  return position + 4;
}

test('a public key comes through a pipe', async () => {
  const pipe = join(await temporaryFolder(), 'pipe');
  await promisify(execFile)('mkfifo', [pipe]);
  const [[key]] = await Promise.all([readTrustedKeys([pipe]), writeFile(pipe, await readFile(site.keyFile))]);
  expect(key).toMatchObject({ file: pipe, publicKey: { id: site.keyId } });
});
