import { readdirSync, writeFileSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { readChartArchive } from '../../src/chart/chart-archive.ts';
import { chartArtifact } from '../../src/chart/chart-artifact.ts';
import { readChartMetadata } from '../../src/chart/chart-metadata.ts';
import { extractBundle } from '../../src/workflows/extract-bundle.ts';
import type { ExtractRequest } from '../../src/workflows/extract-bundle.ts';
import { rejection } from '../support/rejection.ts';
import { chartReference, piped, richBundle, writtenBundle } from '../support/rich-bundle.ts';
import type { RichBundle } from '../support/rich-bundle.ts';
import { imageToBundle } from '../support/sample-bundle.ts';
import { chartToBundle, sampleChart } from '../support/sample-charts.ts';
import { graphOf } from '../support/sample-images.ts';
import { smallDisk } from '../support/small-disk.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { options } from './extract-rich-bundle.ts';

/** With a chart `signed` that has a provenance file. */
async function bundleWithSignedChart(): Promise<RichBundle> {
  return await richBundle(async (content, blobs) => {
    const archive = await sampleChart('signed', '2.0.0');
    const metadata = readChartMetadata(await readChartArchive(archive, 'signed'), 'signed');
    const { manifest, blobs: parts } = chartArtifact(archive, metadata, Buffer.from('a signature'));
    for (const { bytes, descriptor } of [manifest, ...parts]) blobs.add(bytes, descriptor.mediaType);
    const made = imageToBundle('ghcr.io/charts/signed:2.0.0', await graphOf(blobs, manifest.descriptor));
    const chart = { name: 'signed', version: '2.0.0', source: 'oci://ghcr.io/charts' };
    return { ...content, images: [...content.images, { ...made, chart }] };
  });
}

test('of a chart and its provenance file neither is left when the second one fails', async () => {
  const { bundle } = await bundleWithSignedChart();
  const folder = await temporaryFolder();
  const path = join(folder, 'signed.tgz');
  const [archive, provenance] = ['signed.tgz', 'signed.tgz.prov'];
  let second: string | undefined;
  // The first one is being written: something takes the name of the second one.
  const onBytes = (): void => {
    if (second !== undefined) return;
    const isProvenance = readdirSync(folder).some((name) => name.startsWith(`${provenance}.`));
    second = isProvenance ? archive : provenance;
    writeFileSync(join(folder, second), 'mine');
  };
  const listener = { onStart: () => undefined, onBytes };
  const request: ExtractRequest = { kind: 'chart', chart: 'signed', output: { path } };
  const file = await writtenBundle(bundle);
  const error = await rejection(extractBundle({ path: file }, request, { ...options, listener }));
  expect(error).toMatchObject({ code: 'OUTPUT_TAKEN' });
  expect(await readdir(folder)).toEqual([second]);
});

test('a chart that does not fit is told before anything is written', async () => {
  const { bundle } = await bundleWithSignedChart();
  await using disk = await smallDisk(4096);
  await writeFile(join(disk.path, 'full'), Buffer.alloc(4096));
  const output = { path: join(disk.path, 'signed.tgz') };
  const file = await writtenBundle(bundle);
  const extracting = extractBundle({ path: file }, { kind: 'chart', chart: 'signed', output }, options);
  expect(await rejection(extracting)).toMatchObject({ code: 'NOT_ENOUGH_SPACE', kind: 'disk' });
  expect(await readdir(disk.path)).toEqual(['full']);
});

test('the provenance file of a chart comes beside it, but not to a stream', async () => {
  const bundle = await bundleWithSignedChart();
  const folder = await temporaryFolder();
  const path = join(folder, 'signed.tgz');
  const request: ExtractRequest = { kind: 'chart', chart: 'signed', output: { path } };
  const whole = { path: '-', stream: piped(bundle.bundle.bytes) };
  const { extracted } = await extractBundle(whole, request, options);
  expect(extracted).toMatchObject({ provenance: `${path}.prov` });
  expect(await readFile(`${path}.prov`, 'utf8')).toBe('a signature');
  const pieces: Buffer[] = [];
  const sink = {
    write: async (bytes: Uint8Array) => await Promise.resolve(void pieces.push(Buffer.from(bytes))),
  };
  const file = await writtenBundle(bundle.bundle);
  await extractBundle({ path: file }, { ...request, output: { sink } }, options);
  expect(Buffer.concat(pieces).equals(await readFile(path))).toBe(true);
  await rm(path);
  const again = await rejection(extractBundle({ path: file }, request, options));
  expect(again).toMatchObject({ code: 'OUTPUT_TAKEN' });
  expect(await readdir(folder)).toEqual(['signed.tgz.prov']);
  await extractBundle({ path: file }, { kind: 'all', folder: join(folder, 'all') }, options);
  expect(await readFile(join(folder, 'all/charts/signed-2.0.0.tgz.prov'), 'utf8')).toBe('a signature');
});

test('names of charts that are no file names, or the same, stay below charts/', async () => {
  const bundle = await richBundle(async (content, blobs) => {
    const charts = await Promise.all(
      ['one', 'two', 'three'].map(async (repository, index) => {
        const archive = await sampleChart('web', '1.2.3', { more: `description: ${repository}\n` });
        const reference = `charts.example.com/${repository}/web:1.2.3`;
        const source = `https://charts.example.com/${repository}`;
        const made = await chartToBundle(blobs, { reference, source, archive });
        const name = index === 2 ? '../../../web' : index === 1 ? 'WEB' : 'web';
        return { ...made, chart: { name, version: '1.2.3', source } };
      }),
    );
    return { ...content, images: [...content.images, ...charts] };
  });
  const parent = await temporaryFolder();
  const folder = join(parent, 'all');
  const path = await writtenBundle(bundle.bundle);
  await extractBundle({ path }, { kind: 'all', folder }, options);
  expect(await readdir(parent)).toEqual(['all']);
  const names = await readdir(join(folder, 'charts'));
  expect(names).toHaveLength(4);
  expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(4);
  expect(names.every((name) => /^(?:web-1\.2\.3|chart)(?:-[0-9a-f]{64})?\.tgz$/i.test(name))).toBe(true);
  const charted: ExtractRequest = { kind: 'chart', chart: 'web', output: { path: join(parent, 'web.tgz') } };
  const error = await rejection(extractBundle({ path }, charted, options));
  expect(error).toMatchObject({ code: 'CHART_AMBIGUOUS', kind: 'usage' });
  expect(error.suggestions).toEqual([
    'Name this one: --chart charts.example.com/one/web:1.2.3',
    `Name this one: --chart ${chartReference}`,
  ]);
});
