import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { onTestFinished, expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { parseReference } from '../../src/oci/reference.ts';
import type { Warning } from '../../src/warning.ts';
import { ExistingBundles } from '../../src/workflows/existing-bundles.ts';
import { rootOf } from '../../src/workflows/root-of.ts';
import { unusedHost } from '../support/loopback-server.ts';
import { pullingClient } from '../support/pulling-client.ts';
import { rejection } from '../support/rejection.ts';
import { runningRegistry } from '../support/running-registry.ts';
import { imageToBundle, sampleContent, writeSample } from '../support/sample-bundle.ts';
import { addImage, graphOf, MemoryBlobs } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Bundles with one image each, which has the given content under the given name, and before it was renamed another one. */
async function bundlesWith(...images: readonly { name: string; content: string; source?: string }[]) {
  const folder = await temporaryFolder();
  const paths: string[] = [];
  for (const [index, { name, content, source }] of images.entries()) {
    const blobs = new MemoryBlobs();
    const image = imageToBundle(name, await graphOf(blobs, addImage(blobs, content)));
    const renamed = source === undefined ? image : { ...image, source: parseReference(source) };
    const { bytes } = await writeSample({ ...(await sampleContent(blobs)), images: [renamed] }, blobs);
    const path = join(folder, `${index}.tar.zst`);
    await writeFile(path, bytes);
    paths.push(path);
  }
  const bundles = await ExistingBundles.open(paths, () => undefined);
  onTestFinished(async () => await bundles[Symbol.asyncDispose]());
  return bundles;
}

async function ask(text: string, bundles: ExistingBundles | undefined) {
  const warnings: Warning[] = [];
  const { client, retries } = pullingClient();
  const { signal } = new AbortController();
  const image = { reference: parseReference(text), name: text, origins: [] };
  const options = {
    registry: client,
    bundles,
    signal,
    onWarning: (warning: Warning) => warnings.push(warning),
  };
  return { root: await rootOf(image, options), warnings, retries };
}

const app = addImage(new MemoryBlobs(), 'app');

test('a tag whose registry cannot be reached stands for what it did in a bundle, and that is told', async () => {
  const host = await unusedHost();
  const name = `${host}/org/app:1`;
  const bundles = await bundlesWith({ name: 'r.site/app:1', content: 'app', source: name });
  const { root, warnings } = await ask(name, bundles);
  expect(root).toMatchObject({ digest: app.digest, size: app.size, mediaType: app.mediaType });
  expect(warnings.map(({ code }) => code)).toEqual(['DIGEST_FROM_BUNDLE']);
});

test('bundles that do not agree on a tag say nothing of it', async () => {
  const name = `${await unusedHost()}/org/app:1`;
  const bundles = await bundlesWith({ name, content: 'app' }, { name, content: 'other' });
  expect(await rejection(ask(name, bundles))).toMatchObject({ kind: 'network' });
});

test('a tag that its registry does not have is gone, whatever bundles say', async () => {
  const { host } = await runningRegistry();
  const name = `${host}/org/app:1`;
  const bundles = await bundlesWith({ name, content: 'app' });
  expect(await rejection(ask(name, bundles))).toMatchObject({ code: 'IMAGE_NOT_FOUND' });
});

test('a digest that a bundle has is asked of nobody; one that it has not is', async () => {
  const host = await unusedHost();
  const bundles = await bundlesWith({ name: 'r.site/app:1', content: 'app' });
  const { root, retries, warnings } = await ask(`${host}/org/app:9@${app.digest}`, bundles);
  expect([root.digest, retries, warnings]).toEqual([app.digest, [], []]);
  const other = await rejection(ask(`${host}/org/app@${digestOf('x')}`, bundles));
  expect(other).toMatchObject({ kind: 'network' });
});
