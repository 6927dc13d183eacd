import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { extractView } from '../../src/views/extract-view.ts';
import type { ExtractResult } from '../../src/workflows/extract-bundle.ts';

const digest = digestOf('a');
const bundle = { path: 'edge.tar.zst', id: '1a2b3c4d', name: 'edge' };

function shown(extracted: ExtractResult['extracted'], output: string | undefined): string[] {
  return extractView({ bundle, output, extracted }).split('\n');
}

test('an image', () => {
  const names = ['ghcr.io/org/app:1.0', `ghcr.io/org/app@${digest}`];
  const image = { kind: 'image', names, format: 'oci-archive', digest, blobs: 3, bytes: 1_234_567 } as const;
  expect(shown({ ...image, platforms: ['linux/amd64', 'linux/arm64'] }, 'app.tar')).toEqual([
    'Wrote app.tar',
    '  from       edge.tar.zst, edge 1a2b3c4d',
    '  image      ghcr.io/org/app:1.0',
    `  image      ghcr.io/org/app@${digest}`,
    `  digest     ${digest}`,
    '  platforms  linux/amd64, linux/arm64',
    '  format     oci-archive',
    '  content    3 blobs, 1.23 MB',
  ]);
  expect(shown({ ...image, platforms: [] }, undefined).join('\n')).not.toContain('platforms');
});

test('a file and a chart', () => {
  expect(shown({ kind: 'file', name: 'model.bin', digest, bytes: 1500 }, undefined)).toEqual([
    'Wrote standard output',
    '  from    edge.tar.zst, edge 1a2b3c4d',
    '  file    model.bin',
    `  digest  ${digest}`,
    '  size    1.50 kB (1500 bytes)',
  ]);
  const chart = {
    kind: 'chart',
    name: 'web',
    version: '1.2.3',
    digest,
    bytes: 1500,
  } as const;
  expect(shown(chart, 'web.tgz')[2]).toBe('  chart   web 1.2.3');
  const signed = { ...chart, provenance: 'web.tgz.prov' };
  expect(shown(signed, 'web.tgz').at(-1)).toBe('  signed by  web.tgz.prov');
});

test('everything', () => {
  const all = { kind: 'all', images: 4, charts: 1, files: 2, blobs: 12, bytes: 3_000_000 } as const;
  expect(shown(all, 'all').slice(2)).toEqual([
    '  images   4',
    '  charts   1, in charts/',
    '  files    2, in files/',
    '  content  12 blobs, 3.00 MB',
  ]);
  expect(shown({ ...all, charts: 0, files: 0 }, 'all')).toHaveLength(4);
});
