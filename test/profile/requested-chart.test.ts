import { describe, expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { chartTitle, parseChartText } from '../../src/profile/requested-chart.ts';

const digest = `sha256:${'a'.repeat(64)}`;

describe('a chart on the command line', () => {
  test.each([
    ['oci://ghcr.io/org/charts/thing:1.2.3', 'oci://ghcr.io/org/charts', 'thing', '1.2.3'],
    ['oci://ghcr.io/thing:1.2.3_b5', 'oci://ghcr.io', 'thing', '1.2.3+b5'],
    ['oci://localhost:5000/x/thing', 'oci://localhost:5000/x', 'thing', ''],
    [
      'oci://registry-1.docker.io/bitnamicharts/redis:1.0.0',
      'oci://docker.io/bitnamicharts',
      'redis',
      '1.0.0',
    ],
    ['repo=https://a.io/stable/,name=thing,version=1.2.3', 'https://a.io/stable', 'thing', '1.2.3'],
    ['name=thing, repo=http://a.io', 'http://a.io', 'thing', ''],
    ['repo=https://a.io/?t=1,name=thing,version=^1', 'https://a.io?t=1', 'thing', '^1'],
    ['version=>=1, <2 || 3.x,repo=oci://a.io/c,name=thing', 'oci://a.io/c', 'thing', '>=1, <2 || 3.x'],
  ])('%s', (text, ...[repository, name, version]) => {
    expect(parseChartText(text)).toEqual({ repository, name, version });
  });

  test('may name a digest', () => {
    expect(parseChartText(`oci://a.io/c/thing@${digest}`)).toEqual({
      repository: 'oci://a.io/c',
      name: 'thing',
      version: '',
      digest,
    });
    expect(parseChartText(`repo=https://a.io,name=n,version=1.0.0,digest=${digest}`)).toMatchObject({
      digest,
    });
  });

  test.each([
    'thing',
    'https://a.io/thing-1.0.0.tgz',
    'repo=a.io,name=n',
    'repo=ftp://a.io,name=n',
    'repo=https://a.io',
    'name=n',
    'repo=https://a.io,name=../n',
    'repo=https://a.io,name=n,name=m',
    'repo=https://a.io,name=n,colour=red',
    'repo=https://a.io,name=n,digest=sha256:1',
    'repo=oci://a.io?x=1,name=n',
    'oci://',
    '',
    `repo=https://a.io,name=${'n'.repeat(2000)}`,
  ])('%j is none', (text) => {
    expect(() => parseChartText(text)).toThrow(expect.objectContaining({ kind: 'usage' }));
  });

  test.each([
    'repo=https://user:hunter2@a.io/x,name=n',
    'oci://user:hunter2@a.io/x/n:1.0.0',
    'repo=https://a.io/x?token=hunter2,name=..',
    'repo=a.io/x?token=hunter2,name=n',
  ])('no secret of %s is told', (text) => {
    let told = '';
    try {
      parseChartText(text);
    } catch (error) {
      if (error instanceof PaletteEdgeError) told = [error.message, ...error.suggestions].join();
    }
    expect(told).not.toBe('');
    expect(told).not.toContain('hunter2');
  });
});

test('a title has no query', () => {
  const chart = { repository: 'https://a.io/x?token=1', name: 'thing', version: '' };
  expect(chartTitle(chart)).toBe('chart thing of https://a.io/x');
});
