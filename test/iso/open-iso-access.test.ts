import { readFile, truncate } from 'node:fs/promises';

import { expect, test } from 'vitest';

import { hashHere } from '../../src/io/hash-thread.ts';
import { openIsoAccess } from '../../src/iso/open-iso-access.ts';
import { inspectIso } from '../../src/workflows/inspect-iso.ts';
import { openBundle } from '../../src/workflows/open-bundle.ts';
import { verifyIso } from '../../src/workflows/verify-iso.ts';
import { bundleFile, makeIso } from '../support/iso-bundles.ts';
import { attachLoop, loopDevice } from '../support/loop-device.ts';
import { rejection } from '../support/rejection.ts';

const mebibyte = 1024 * 1024;
const { signal } = new AbortController();
const listener = { onPhase: () => undefined, onBytes: () => undefined };

/** A drive that is larger than the image on it, which has a bundle. */
async function drive() {
  const { path: bundle, sample } = await bundleFile();
  const { path: file } = await makeIso([bundle]);
  const bytes = await readFile(file);
  await truncate(file, 8 * mebibyte);
  const { path } = await attachLoop(file, ['--read-only']);
  return { path, bytes, id: sample.plan.id };
}

test('a drive with an image on it is read as far as the image goes, and not written to', async () => {
  const { path, bytes } = await drive();
  const access = await openIsoAccess(path);
  try {
    expect(access.size).toBe(bytes.length);
    expect(Buffer.compare(await access.read(0, access.size), bytes)).toBe(0);
  } finally {
    await access.close();
  }
});

test('it is inspected and verified, and its bundle is taken, as from the file', async () => {
  const { path, bytes, id } = await drive();
  expect(await inspectIso(path)).toMatchObject({ size: bytes.length, bundles: [{ content: { id } }] });
  expect(await verifyIso(path, { hasher: hashHere, listener }, signal)).toMatchObject({
    label: 'COS_CONTENT',
    problems: [],
    bundles: [{ id, problems: [] }],
  });
  for (const name of [path, `${path}:edge.tar.zst`]) {
    const reader = await openBundle(name);
    expect(reader.id).toBe(id);
    await reader.close();
  }
});

test('a drive without one, and a character device, are told', async () => {
  const { path } = await loopDevice({ size: mebibyte });
  expect(await rejection(openIsoAccess(path))).toMatchObject({ code: 'NOT_AN_ISO', kind: 'content' });
  expect(await rejection(openBundle(path))).toMatchObject({ code: 'NOT_AN_ISO' });
  expect(await rejection(openIsoAccess('/dev/null'))).toMatchObject({ code: 'NOT_A_FILE', kind: 'usage' });
});
