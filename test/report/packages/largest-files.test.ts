import { expect, test } from 'vitest';

import { byFileSize, LargestFiles } from '../../../src/report/packages/largest-files.ts';
import { scannedLayer } from '../../support/layer-tar.ts';

const files = Array.from({ length: 50 }, (_, place) => ({ path: `f${place}`, size: (place * 7) % 11 }));

test('the largest are kept, in any order that they come', () => {
  const wanted = files.toSorted(byFileSize).slice(0, 8);
  for (const order of [files, files.toReversed(), files.toSorted(byFileSize)]) {
    const largest = new LargestFiles(8);
    for (const file of order) largest.add(file);
    expect(largest.list()).toEqual(wanted);
  }
});

test('a layer tells of its largest files, and not of links and folders', async () => {
  const { findings } = await scannedLayer({
    'usr/': '',
    'usr/small': 'x',
    'usr/large': 'x'.repeat(2000),
    'usr/link': { to: 'large' },
    'usr/same': { same: 'usr/large' },
  });
  expect(findings.largest).toEqual([
    { path: 'usr/large', size: 2000 },
    { path: 'usr/small', size: 1 },
  ]);
});
