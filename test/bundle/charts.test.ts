import { describe, expect, test } from 'vitest';

import { serializeInventory } from '../../src/bundle/inventory.ts';
import { parseInventory } from '../../src/bundle/parse-inventory.ts';
import { verifyBundleBytes } from '../../src/bundle/verify-bundle.ts';
import { canonicalJson } from '../../src/io/canonical-json.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { openSample, sampleContent, writeSample } from '../support/sample-bundle.ts';
import type { SampleBundle } from '../support/sample-bundle.ts';
import { chartToBundle, sampleChart } from '../support/sample-charts.ts';
import { MemoryBlobs } from '../support/sample-images.ts';
import { thrown } from '../support/sample-profiles.ts';

async function bundleWithCharts(): Promise<SampleBundle> {
  const blobs = new MemoryBlobs();
  const content = await sampleContent(blobs);
  const chart = await chartToBundle(blobs, {
    reference: 'charts.example.com/stable/thing:1.2.3_b5',
    source: 'https://charts.example.com/stable',
    archive: await sampleChart('thing', '1.2.3+b5'),
  });
  const other = await chartToBundle(blobs, {
    reference: 'ghcr.io/org/charts/other:0.1.0',
    source: 'oci://ghcr.io/org/charts',
    archive: await sampleChart('other', '0.1.0'),
  });
  return await writeSample({ ...content, images: [other, ...content.images, chart] }, blobs);
}

const { bytes, plan } = await bundleWithCharts();

test('charts are told of by name, version and source', () => {
  const { charts, images, formatVersion } = plan.inventory;
  expect(formatVersion).toBe(2);
  expect(charts).toEqual([
    {
      name: 'thing',
      version: '1.2.3+b5',
      reference: 'charts.example.com/stable/thing:1.2.3_b5',
      digest: expect.stringMatching(/^sha256:/),
      source: 'https://charts.example.com/stable',
    },
    expect.objectContaining({ name: 'other', source: 'oci://ghcr.io/org/charts' }),
  ]);
  const entries = images.filter(({ artifactType }) => artifactType === mediaTypes.helmConfig);
  expect(entries.map(({ digest }) => digest)).toEqual(charts.map(({ digest }) => digest));
  expect(entries[0]?.origins).toEqual([{ kind: 'flag', flag: 'chart' }]);
});

test('other tools find them in index.json, without a name that makes them unpack a chart, and not in manifest.json', async () => {
  const { files } = await openSample(bytes);
  const index = JSON.parse(files.get('index.json')?.toString() ?? '');
  const chart = plan.inventory.charts.at(0);
  const found = index.manifests.filter((entry: { digest: string }) => entry.digest === chart?.digest);
  expect(found).toEqual([
    {
      mediaType: mediaTypes.ociManifest,
      digest: chart?.digest,
      size: expect.any(Number),
      artifactType: mediaTypes.helmConfig,
    },
  ]);
  expect(files.get('manifest.json')?.toString()).not.toContain('thing');
});

test('they are verified', async () => {
  const report = await verifyBundleBytes(await openSample(bytes));
  expect(report.problems).toEqual([]);
});

test.each([
  ['name', { name: 'other' }],
  ['version', { version: '9.9.9' }],
])('a %s that is not that of the chart is found', async (_what, lie) => {
  const blobs = new MemoryBlobs();
  const content = await sampleContent(blobs);
  const chart = await chartToBundle(blobs, {
    reference: 'charts.example.com/stable/thing:1.2.3',
    source: 'https://charts.example.com/stable',
    archive: await sampleChart('thing', '1.2.3'),
  });
  const facts = { name: 'thing', version: '1.2.3', source: 'https://charts.example.com/stable', ...lie };
  const lying = await writeSample(
    { ...content, images: [...content.images, { ...chart, chart: facts }] },
    blobs,
  );
  const { problems } = await verifyBundleBytes(await openSample(lying.bytes));
  expect(problems).toMatchObject([
    {
      images: ['charts.example.com/stable/thing:1.2.3'],
      message: `the chart is not ${facts.name} ${facts.version}, as the inventory says`,
    },
  ]);
});

test('an inventory with charts is parsed back', () => {
  expect(parseInventory(serializeInventory(plan.inventory))).toEqual(plan.inventory);
});

describe('an inventory is refused', () => {
  type Fields = Record<string, unknown>;
  test.each<[string, (charts: Fields[]) => unknown]>([
    ['that leaves a chart out', (charts) => charts.slice(1)],
    ['with charts out of order', (charts) => charts.toReversed()],
    ['with a chart twice', ([chart]) => [chart, chart]],
    ['with a chart that is no image', ([chart, ...rest]) => [{ ...chart, reference: 'a.io/x:1' }, ...rest]],
    [
      'with another digest',
      ([chart, ...rest]) => [{ ...chart, digest: `sha256:${'0'.repeat(64)}` }, ...rest],
    ],
    ['with a chart without a name', ([chart, ...rest]) => [{ ...chart, name: undefined }, ...rest]],
    ['whose charts are no list', () => 'x'],
  ])('%s', (_, change) => {
    const document = JSON.parse(serializeInventory(plan.inventory).toString());
    const changed = { ...document, charts: change(document.charts) };
    const { code } = thrown(() => parseInventory(Buffer.from(canonicalJson(changed))));
    expect(code).toBe('INVENTORY_INVALID');
  });
});
