import { readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import type { PrivateKey } from '../../src/trust/private-key.ts';
import { serializeSignatures } from '../../src/trust/signature-file.ts';
import { makeInstallerTree } from '../../src/workflows/make-installer-tree.ts';
import { openBundleFile } from '../../src/workflows/open-bundle.ts';
import { signBundle } from '../../src/workflows/sign-bundle.ts';
import { signInventory } from '../../src/workflows/sign-inventory.ts';
import { carriedSignatures } from '../../src/workflows/signature-beside.ts';
import { verifyBundle } from '../../src/workflows/verify-bundle.ts';
import { withBundle } from '../../src/workflows/with-bundle.ts';
import { writeOutput } from '../../src/workflows/write-output.ts';
import {
  applyDelta,
  bundleIn,
  isSameFile,
  layeredBundle,
  makeDelta,
  wordsLayer,
} from '../support/delta-bundles.ts';
import { makeIso } from '../support/iso-bundles.ts';
import { newPrivateKey } from '../support/new-private-key.ts';
import { rejection } from '../support/rejection.ts';
import { contentOf, openIso } from '../support/sample-iso.ts';
import { splitBundle, splitOptions } from '../support/split-bundle.ts';
import { squeeze, unsqueeze } from '../support/squeezing.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const silent = { onStart: () => undefined, onBytes: () => undefined };
const { signal } = new AbortController();

interface SignedBundle {
  readonly folder: string;
  readonly path: string;
  /** What is in it as a signature, by one key. */
  readonly slot: Uint8Array;
  /** What is beside it, by another. */
  readonly beside: Buffer;
}

/** A plain bundle with a signature in it, and one beside it. */
async function signedBundle(name = 'edge.tar.zst'): Promise<SignedBundle> {
  const folder = await temporaryFolder();
  const key = await newPrivateKey('ecdsa');
  let slot: Uint8Array = new Uint8Array();
  const sign = (bytes: Uint8Array): Uint8Array => (slot = signInventory(bytes, key));
  const images = [[wordsLayer(1), wordsLayer(2)], [wordsLayer(3)]];
  const path = await bundleIn(folder, name, await layeredBundle({ images, sign }));
  await signBundle({ path, output: undefined }, await newPrivateKey());
  return { folder, path, slot, beside: await readFile(`${path}.sig`) };
}

async function slotOf(path: string): Promise<Uint8Array | undefined> {
  return await withBundle(path, async ({ signature }) => await Promise.resolve(signature));
}

/** What would lie beside a bundle that is made of one. */
async function carriedFrom(path: string, folder: string): Promise<Uint8Array> {
  const { reader, files } = await openBundleFile(path);
  const signatures = await carriedSignatures(files, join(folder, 'made.tar.zst'));
  await reader.close();
  return serializeSignatures(signatures);
}

async function treeOf(path: string, output: string) {
  const request = {
    content: [path],
    userData: undefined,
    clusterDefinition: undefined,
    edgeConfig: undefined,
  };
  const listener = { onStep: () => undefined, onBytes: () => undefined };
  return await makeInstallerTree({ ...request, output, replaces: false }, { listener }, signal);
}

/** What is wrong with a bundle, of all its bytes. */
async function problemsOf(path: string) {
  return (await verifyBundle(path, silent, signal)).problems;
}

describe('signatures are carried', () => {
  test('into a squeezed bundle and beside its parts, and back: the file is the very one that was signed', async () => {
    const { folder, path, slot, beside } = await signedBundle();
    const { bundle } = await squeeze(path, { split: { partSize: 4096, style: 'plain' } });
    expect(bundle.parts?.files.length).toBeGreaterThan(1);
    expect(Buffer.from((await slotOf(bundle.path)) ?? []).equals(slot)).toBe(true);
    expect(await readFile(`${bundle.path}.sig`)).toEqual(beside);
    expect(await problemsOf(bundle.path)).toEqual([]);

    const again = join(folder, 'again.tar.zst');
    await unsqueeze(bundle.parts?.list ?? '', { output: again });
    expect(await isSameFile(again, path)).toBe(true);
    expect(await readFile(`${again}.sig`)).toEqual(beside);
  });

  test('into a delta bundle, and by apply into what is made of it', async () => {
    const { folder, path, slot } = await signedBundle();
    const base = await bundleIn(folder, 'base.tar.zst', await layeredBundle({ images: [[wordsLayer(1)]] }));
    const delta = join(folder, 'edge.delta.tar.zst');
    await makeDelta(path, { bases: [base], output: delta });
    expect(Buffer.from((await slotOf(delta)) ?? []).equals(slot)).toBe(true);
    await signBundle({ path: delta, output: undefined }, await newPrivateKey());

    const applied = join(folder, 'applied.tar.zst');
    await applyDelta(delta, { bases: [base], output: applied });
    expect(await isSameFile(applied, path)).toBe(true);
    expect(await readFile(`${applied}.sig`)).toEqual(await readFile(`${delta}.sig`));
  });

  test('into an ISO image, whose list of checksums has them, and out of it', async () => {
    const { folder, path, beside } = await signedBundle();
    const { path: iso, bundles } = await makeIso([path], { folder: 'content' });
    expect(bundles).toMatchObject([{ signatureFile: 'content/edge.tar.zst.sig' }]);
    const content = await contentOf(await openIso(iso));
    expect(content['content/edge.tar.zst.sig']).toBe(beside.toString());
    expect(content['SHA256SUMS']).toContain('  content/edge.tar.zst.sig\n');
    expect(content['README.txt']).toContain('signed   content/edge.tar.zst.sig');
    expect(await carriedFrom(iso, folder)).toEqual(beside);
  });

  test('into an ISO image in parts', async () => {
    const folder = await temporaryFolder();
    const { list, path } = await splitBundle(folder);
    await signBundle({ path, output: undefined }, await newPrivateKey());
    const { path: iso } = await makeIso([list]);
    const content = await contentOf(await openIso(iso));
    expect(content['edge.tar.zst.sig']).toBe(await readFile(`${path}.sig`, 'utf8'));
  });

  test('from beside an ISO image', async () => {
    const { folder, path } = await signedBundle();
    await rm(`${path}.sig`);
    const { path: iso } = await makeIso([path]);
    await signBundle({ path: iso, output: undefined }, await newPrivateKey());
    expect(await carriedFrom(iso, folder)).toEqual(await readFile(`${iso}.sig`));
  });

  test('into the folder for a build of CanvOS', async () => {
    const { folder, path, beside } = await signedBundle();
    const output = join(folder, 'tree');
    const { files } = await treeOf(path, output);
    const file = files.find((each) => each.path.endsWith('/edge.tar.zst.sig'));
    expect(await readFile(join(output, file?.path ?? ''))).toEqual(beside);
  });

  test('but not what is no signature of ours', async () => {
    const { folder, path } = await signedBundle();
    await writeFile(`${path}.sig`, 'of another program');
    const { path: iso } = await makeIso([path]);
    expect(await carriedFrom(path, folder)).toEqual(Buffer.alloc(0));
    expect(Object.keys(await contentOf(await openIso(iso)))).not.toContain('edge.tar.zst.sig');
  });

  test('and not one whose lines were changed to those of Windows: that is told', async () => {
    const { folder, path, beside } = await signedBundle();
    const squeezedFirst = await squeeze(path);
    expect(squeezedFirst.warnings).toEqual([]);
    await writeFile(`${path}.sig`, beside.toString().replaceAll('\n', '\r\n'));
    const message = expect.stringMatching(
      /edge\.tar\.zst\.sig does not .* lines end as those of Windows do: it does not go along/,
    );
    const told = [{ code: 'SIGNATURE_FILE_LEFT_OUT', message }];
    const iso = await makeIso([path]);
    expect(iso.warnings).toEqual(told);
    expect(Object.keys(await contentOf(await openIso(iso.path)))).not.toContain('edge.tar.zst.sig');
    expect((await squeeze(path, { output: join(folder, 'again.squeezed.tar.zst') })).warnings).toEqual(told);
    expect((await treeOf(path, join(folder, 'tree'))).warnings).toEqual(told);

    const squeezed = squeezedFirst.bundle.path;
    await writeFile(`${squeezed}.sig`, beside.toString().replaceAll('\n', '\r\n'));
    const plain = await unsqueeze(squeezed, { output: join(folder, 'plain.tar.zst') });
    expect(plain.warnings).toMatchObject([{ code: 'SIGNATURE_FILE_LEFT_OUT' }]);
  });

  test('not over what is no signature of ours: that is told before anything is done', async () => {
    const { path } = await signedBundle();
    const taken = path.replace('.tar.zst', '.squeezed.tar.zst.sig');
    await writeFile(taken, 'of another program');
    expect(await rejection(squeeze(path))).toMatchObject({ code: 'OUTPUT_TAKEN', kind: 'usage' });
    expect(await readFile(taken, 'utf8')).toBe('of another program');
  });
});

describe('where a bundle is replaced', () => {
  async function written(seed: number, key?: PrivateKey) {
    const folder = await temporaryFolder();
    const options = await splitOptions(folder, { seed, split: undefined });
    await writeOutput(options);
    if (key !== undefined) await signBundle({ path: options.path, output: undefined }, key);
    return { folder, path: options.path };
  }

  test('by another one, the signatures of the older one go', async () => {
    const { folder, path } = await written(1, await newPrivateKey());
    await writeOutput(await splitOptions(folder, { seed: 2, split: undefined }));
    expect((await readdir(folder)).toSorted()).toEqual(['edge.tar.zst', 'edge.tar.zst.sha256']);
    expect(await problemsOf(path)).toEqual([]);
  });

  test('by the same one, in whatever form, they stay', async () => {
    const { folder, path } = await written(1, await newPrivateKey());
    const before = await readFile(`${path}.sig`);
    await writeOutput(await splitOptions(folder, { seed: 1, split: undefined, compressionLevel: 9 }));
    expect(await readFile(`${path}.sig`)).toEqual(before);
    await splitBundle(folder, { seed: 1 });
    expect(await readFile(`${path}.sig`)).toEqual(before);
    await splitBundle(folder, { seed: 2 });
    await expect(readFile(`${path}.sig`)).rejects.toThrow('ENOENT');
  });

  test('what somebody else has put there under that name stays', async () => {
    const { folder, path } = await written(1);
    await writeFile(`${path}.sig`, 'of another program');
    await writeOutput(await splitOptions(folder, { seed: 2, split: undefined }));
    expect(await readFile(`${path}.sig`, 'utf8')).toBe('of another program');
    await rm(`${path}.sig`);
    await symlink('elsewhere', `${path}.sig`);
    await writeOutput(await splitOptions(folder, { seed: 3, split: undefined }));
    expect(await readdir(folder)).toContain('edge.tar.zst.sig');
  });

  test('in an ISO image, it is the same beside that', async () => {
    const { folder, path } = await written(1);
    const { path: iso } = await makeIso([path]);
    await signBundle({ path: iso, output: undefined }, await newPrivateKey());
    const before = await readFile(`${iso}.sig`);
    await makeIso([path], { label: 'OTHER' });
    expect(await readFile(`${iso}.sig`)).toEqual(before);
    await writeOutput(await splitOptions(folder, { seed: 2, split: undefined }));
    await makeIso([path]);
    await expect(readFile(`${iso}.sig`)).rejects.toThrow('ENOENT');
  });
});
