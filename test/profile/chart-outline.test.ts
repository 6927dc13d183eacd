import { expect, test } from 'vitest';

import { chartOutline, renderedImages } from '../../src/profile/chart-outline.ts';
import type { ChartTexts } from '../../src/profile/discover-in-chart.ts';

const archive = Buffer.from('appVersion: "1"\nimage: a.io/job:1\na: {b: 1}\n');
const [chart, job] = [archive.subarray(0, 16), archive.subarray(16, 34)];

/** A map that tells which files of it are read. */
class WatchedFiles extends Map<string, Uint8Array> implements ChartTexts {
  readonly read: string[] = [];

  override get(path: string): Uint8Array | undefined {
    this.read.push(path);
    return super.get(path);
  }
}

test('what a chart names is gathered, and its files are not needed any more', () => {
  const files = new WatchedFiles([
    ['Chart.yaml', chart],
    ['templates/job.yaml', job],
    ['values.yaml', archive.subarray(34)],
  ]);
  const outline = chartOutline(files);
  files.read.length = 0;
  files.clear();
  archive.fill(0);
  const { values, appVersions } = outline.defaults();
  expect(outline.templates.map(({ text }) => text)).toEqual(['a.io/job:1']);
  expect([...appVersions]).toEqual([['', '1']]);
  expect(values).toMatchObject({ kind: 'map' });
  expect(JSON.stringify(values.kind === 'map' ? [...values.entries.keys()] : [])).toBe('["a"]');
  expect(files.read).toEqual([]);
});

test('what is no YAML runs nothing that is known', () => {
  expect(renderedImages('a: [')).toBeUndefined();
  expect(renderedImages('')).toEqual([]);
});
