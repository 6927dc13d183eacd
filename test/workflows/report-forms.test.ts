import { mkdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { digestHex, digestOf } from '../../src/oci/digest.ts';
import { reportProvenance } from '../../src/workflows/report-provenance.ts';
import { reportSbom } from '../../src/workflows/report-sbom.ts';
import type { SbomRequest } from '../../src/workflows/report-sbom.ts';
import { writeOutput } from '../../src/workflows/write-output.ts';
import { bundleIn, makeDelta } from '../support/delta-bundles.ts';
import { makeIso } from '../support/iso-bundles.ts';
import { rejection } from '../support/rejection.ts';
import { addReportImage, debianLayer, reportBundle } from '../support/report-bundle.ts';
import { richBundle } from '../support/rich-bundle.ts';
import type { RichBundle } from '../support/rich-bundle.ts';
import { imageToBundle, noise } from '../support/sample-bundle.ts';
import { graphOf } from '../support/sample-images.ts';
import { squeeze } from '../support/squeezing.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const listener = { onStart: () => undefined, onBytes: () => undefined };
const { signal } = new AbortController();

async function sbom(path: string, changes: Partial<SbomRequest> = {}): Promise<string> {
  const output = join(await temporaryFolder(), 'report.json');
  const tool = { name: 'palette-edge', version: '9.9.9' };
  const request: SbomRequest = {
    format: 'cyclonedx',
    patterns: [],
    tool,
    moment: undefined,
    output: { path: output },
  };
  await reportSbom(path, { ...request, ...changes }, { listener, signal });
  return await readFile(output, 'utf8');
}

/** Of the bundle as a file, as the statement names it. */
async function subject(path: string): Promise<unknown> {
  const output = join(await temporaryFolder(), 'report.json');
  await reportProvenance(path, { output: { path: output }, key: undefined }, { listener, signal });
  const statement: { readonly subject: readonly unknown[] } = JSON.parse(await readFile(output, 'utf8'));
  return statement.subject[0];
}

/** A bundle whose image has a layer that is large enough for a patch. */
async function versionOf(added: string): Promise<RichBundle> {
  return await richBundle(async (content, blobs) => {
    const image = await addReportImage(blobs, [
      [{ ...debianLayer, 'usr/lib/large': noise(30_000, 5), 'var/lib/dpkg/status.d/added': added }, 'gzip'],
    ]);
    return { ...content, images: [imageToBundle('quay.io/org/app:1', await graphOf(blobs, image))] };
  });
}

/** In parts, in a folder: the list of them. */
async function inParts(folder: string, { bundle, blobs }: RichBundle): Promise<string> {
  const split = { partSize: 8192, style: 'plain' } as const;
  const path = join(folder, 'edge.tar.zst');
  await writeOutput({
    plan: bundle.plan,
    blobs,
    path,
    split,
    compressionLevel: 3,
    signal,
    onBytes: () => undefined,
  });
  return path;
}

test('a bill of materials is the same of a bundle, its parts, and either of them in an ISO image', async () => {
  const folder = await temporaryFolder();
  const report = await reportBundle();
  const expected = await sbom(await bundleIn(folder, 'plain.tar.zst', report.bundle));
  expect(expected).toContain('"name":"libz"');
  await mkdir(join(folder, 'parts'));
  const parts = await inParts(join(folder, 'parts'), report);
  expect(await sbom(parts)).toBe(expected);
  expect(await sbom(`${parts}.part02`)).toBe(expected);
  for (const path of [join(folder, 'plain.tar.zst'), parts])
    expect(await sbom((await makeIso([path])).path)).toBe(expected);
});

test('a bill of materials of a delta bundle is that of the bundle it stands for, read with its base', async () => {
  const folder = await temporaryFolder();
  const old = await bundleIn(folder, 'old.tar.zst', (await versionOf('')).bundle);
  const added = 'Package: added\nStatus: install ok installed\nArchitecture: amd64\nVersion: 3\n\n';
  const next = await bundleIn(folder, 'next.tar.zst', (await versionOf(added)).bundle);
  const delta = join(folder, 'delta.tar.zst');
  await makeDelta(next, { bases: [old], output: delta });
  const expected = await sbom(next);
  expect(expected).toContain('"name":"added"');
  for (const base of [old, (await squeeze(old)).bundle.path])
    expect(await sbom(delta, { bases: { paths: [base], folder: tmpdir() } })).toBe(expected);
  expect(await rejection(sbom(delta))).toMatchObject({ code: 'BASE_NEEDED' });
  // Its provenance is about the delta bundle as a file, and needs no base.
  expect(await subject(delta)).toEqual({
    name: 'delta.tar.zst',
    digest: { sha256: digestHex(digestOf(await readFile(delta))) },
  });
});

test('provenance of an ISO image is about the bundle in it', async () => {
  const folder = await temporaryFolder();
  const report = await reportBundle();
  const sha256 = digestHex(digestOf(report.bundle.bytes));
  const plain = await bundleIn(folder, 'plain.tar.zst', report.bundle);
  expect(await subject((await makeIso([plain])).path)).toEqual({ name: 'plain.tar.zst', digest: { sha256 } });
  await mkdir(join(folder, 'parts'));
  const parts = await inParts(join(folder, 'parts'), report);
  const ofParts = await subject((await makeIso([parts])).path);
  expect(ofParts).toMatchObject({ name: 'edge.tar.zst' });
  expect(ofParts).toEqual(await subject(parts));
});
