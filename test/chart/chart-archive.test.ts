import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

import { describe, expect, test } from 'vitest';

import { readChartArchive } from '../../src/chart/chart-archive.ts';
import { rejection } from '../support/rejection.ts';
import { tgz } from '../support/sample-charts.ts';
import type { ArchiveEntry } from '../support/sample-charts.ts';
import { requireTool } from '../support/required-tools.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function read(bytes: Uint8Array): Promise<Record<string, string>> {
  const files = await readChartArchive(bytes, 'chart thing');
  return Object.fromEntries([...files].map(([path, content]) => [path, Buffer.from(content).toString()]));
}

const chart: ArchiveEntry = ['thing/Chart.yaml', 'name: thing\n'];

test('files by their path in the chart', async () => {
  const bytes = await tgz([
    ['thing/', '', { type: 'directory' }],
    chart,
    ['thing/templates//a.yaml', 'a'],
    ['thing/./values.yaml', '\uFEFFx: 1'],
    ['thing\\templates\\b.yaml', 'b'],
    ['thing/link', '', { type: 'symlink', linkname: '/etc/passwd' }],
  ]);
  expect(await read(bytes)).toEqual({
    'Chart.yaml': 'name: thing\n',
    'templates/a.yaml': 'a',
    'values.yaml': 'x: 1',
    'templates/b.yaml': 'b',
  });
});

test('sub-charts, as folders and as archives, in each other', async () => {
  const deep = await tgz([['deep/Chart.yaml', 'deep']]);
  const sub = await tgz([
    ['sub/Chart.yaml', 'sub'],
    ['sub/charts/deep-1.0.0.tgz', deep],
  ]);
  const bytes = await tgz([
    chart,
    ['thing/charts/sub-1.0.0.tgz', sub],
    ['thing/charts/open/Chart.yaml', 'open'],
    ['thing/charts/open/charts/deep.tgz', deep],
    ['thing/charts/_hidden.tgz', 'x'],
    ['thing/files/other.tgz', 'x'],
  ]);
  expect(await read(bytes)).toEqual({
    'Chart.yaml': 'name: thing\n',
    'charts/sub/Chart.yaml': 'sub',
    'charts/sub/charts/deep/Chart.yaml': 'deep',
    'charts/open/Chart.yaml': 'open',
    'charts/open/charts/deep/Chart.yaml': 'deep',
    'charts/_hidden.tgz': 'x',
    'files/other.tgz': 'x',
  });
});

describe.each(['ustar', 'gnu', 'pax', 'v7'])('what tar writes as %s', (format) => {
  test('is read, long names included', async () => {
    const folder = await temporaryFolder();
    const long = format === 'v7' ? 'short' : `${'d'.repeat(90)}/${'e'.repeat(70)}`;
    for (const [path, text] of [
      ['thing/Chart.yaml', 'c'],
      [`thing/${long}/ü.txt`, 'x'.repeat(1000)],
    ] as const) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    const args = ['-C', folder, `--format=${format}`, '-czf', join(folder, 'a.tgz'), 'thing'];
    execFileSync(requireTool('tar'), args);
    const bytes = await readFile(join(folder, 'a.tgz'));
    expect(await read(bytes)).toEqual({ 'Chart.yaml': 'c', [`${long}/ü.txt`]: 'x'.repeat(1000) });
  });
});

describe('refused', () => {
  const refused = async (bytes: Uint8Array) => {
    const { code, kind, message } = await rejection(readChartArchive(bytes, 'chart thing'));
    return { code, kind, message };
  };
  const invalid = (text: string) => ({
    code: 'CHART_INVALID',
    kind: 'content',
    message: expect.stringMatching(new RegExp(`^chart thing.*: .*${text}`)),
  });

  test.each([
    ['thing/../x', 'outside'],
    ['../thing/x', 'outside'],
    ['/etc/passwd', 'outside'],
    ['thing\\..\\x', 'outside'],
    ['thing/c:/x', 'outside'],
    ['Chart.yaml', 'outside'],
    ['thing/a\u001Bb', 'outside'],
  ])('the path %j', async (path, reason) => {
    expect(await refused(await tgz([chart, [path, 'x']]))).toEqual(invalid(reason));
  });

  test('a path that climbs in a sub-chart', async () => {
    const sub = await tgz([['../Chart.yaml', 'sub']]);
    expect(await refused(await tgz([chart, ['thing/charts/a.tgz', sub]]))).toEqual(invalid('outside'));
  });

  test('what is no archive', async () => {
    expect(await refused(Buffer.from('<html>'))).toEqual(invalid('no gzip'));
    expect(await refused(gzipSync('x'.repeat(2048)))).toEqual(invalid('tar is damaged'));
    expect(await refused(gzipSync(''))).toEqual(invalid('no Chart.yaml'));
    expect(await refused(await tgz([['thing/values.yaml', 'x']]))).toEqual(invalid('no Chart.yaml'));
  });

  test('what is cut off or damaged', async () => {
    const bytes = await tgz([chart]);
    expect(await refused(bytes.subarray(0, -10))).toEqual(invalid('gzip is damaged'));
    const tar = Buffer.alloc(512);
    tar.write('thing/Chart.yaml');
    expect(await refused(gzipSync(tar))).toEqual(invalid('tar is damaged'));
    const whole = await tgz([[chart[0], 'x'.repeat(2000)]]);
    expect(await refused(gzipSync(gunzipSync(whole).subarray(0, 1024)))).toEqual(invalid('cut off'));
  });

  test('more than Helm unpacks', async () => {
    const zeros = (size: number) => Buffer.alloc(size);
    const mebi = 1024 * 1024;
    expect(await refused(await tgz([chart, ['thing/x', zeros(5 * mebi + 1)]]))).toEqual(
      invalid('"x" has more than 5242880 bytes'),
    );
    const many = Array.from({ length: 21 }, (_, index): ArchiveEntry => [`thing/${index}`, zeros(5 * mebi)]);
    expect(await refused(await tgz([chart, ...many]))).toEqual(invalid('unpacks to more than'));
    expect(await refused(gzipSync(zeros(200 * mebi), { level: 1 }))).toEqual(invalid('unpacks to more than'));
    const files = Array.from({ length: 20_001 }, (_, index): ArchiveEntry => [`thing/${index}`, '']);
    expect(await refused(await tgz(files))).toEqual(invalid('more than 20000 files'));
  });

  test('archives that inflate to more than their files have, all together', async () => {
    const padding = Buffer.alloc(60 * 1024 * 1024);
    const sub = gunzipSync(await tgz([['sub/Chart.yaml', 'sub']]));
    const padded = gzipSync(Buffer.concat([sub, padding]), { level: 1 });
    const charts = (count: number): ArchiveEntry[] =>
      Array.from({ length: count }, (_, index) => [`thing/charts/${index}.tgz`, padded]);
    expect(Object.keys(await read(await tgz([chart, ...charts(3)])))).toContain('charts/sub/Chart.yaml');
    expect(await refused(await tgz([chart, ...charts(4)]))).toEqual(
      invalid('inflate to more than 209715200'),
    );
  });

  test('anything, once nobody waits for it', async () => {
    const reason = new Error('enough');
    const reading = readChartArchive(await tgz([chart]), 'chart thing', AbortSignal.abort(reason));
    await expect(reading).rejects.toBe(reason);
  });

  test('sub-charts without end', async () => {
    let inner = await tgz([chart]);
    for (let depth = 0; depth < 10; depth += 1) inner = await tgz([chart, ['thing/charts/a.tgz', inner]]);
    expect(await refused(inner)).toEqual(invalid('more than 8 deep'));
  });
});
