import { describe, expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { parseChartText } from '../../src/profile/requested-chart.ts';
import type { RequestedChart } from '../../src/profile/requested-chart.ts';
import { asDefined, pinDefinedCharts } from '../../src/workflows/pin-defined-charts.ts';
import { rejection } from '../support/rejection.ts';

const offline = { before: [], isUpdate: false, pinChart: undefined };
const [a, b] = [digestOf('a'), digestOf('b')];

function requested(text: string, pack: string): RequestedChart {
  return { ...parseChartText(text), origins: [{ kind: 'profile', profile: 'edge', pack, key: 'k' }] };
}

test('a chart that is asked for with and without its digest, or with a query, is one', async () => {
  const requests = [
    requested('repo=https://a.io,name=web,version=1.0.0', 'x'),
    requested(`repo=https://a.io,name=web,version=1.0.0,digest=${a}`, 'y'),
    requested('repo=https://a.io?token=t,name=web,version=1.0.0', 'x'),
    requested('repo=https://a.io,name=web,version=^1', 'x'),
  ];
  const { charts } = await pinDefinedCharts(requests, offline);
  expect(charts.map(({ repository, wanted }) => [repository, wanted])).toEqual([
    ['https://a.io', '1.0.0'],
    ['https://a.io', '^1'],
  ]);
  expect(charts.at(0)).toMatchObject({ digest: a, origins: [{ pack: 'x' }, { pack: 'y' }] });
});

test('one chart with two contents is refused', async () => {
  const requests = [a, b].map((digest) =>
    requested(`repo=https://a.io?token=t,name=web,version=1.0.0,digest=${digest}`, 'x'),
  );
  const error = await rejection(pinDefinedCharts(requests, offline));
  expect(error).toMatchObject({ code: 'CHART_CONFLICT', kind: 'content' });
  expect(error.message).toContain(`${a} and ${b}`);
  expect(error.message).toContain('profile edge, pack x');
  expect(error.message).not.toContain('token');
});

describe('a repository that cannot be reached', () => {
  const failing = (kind: 'network' | 'notFound') => ({
    before: [],
    isUpdate: false,
    pinChart: async (chart: RequestedChart) =>
      await Promise.resolve({
        charts: [],
        leftOut: [],
        warnings: [],
        failures: [{ name: 'web', origins: chart.origins, error: new PaletteEdgeError('X', 'x', { kind }) }],
      }),
  });
  const bundled = async () => await Promise.resolve({ version: '1.2.0', digest: a, provenance: b });

  test('is as it is in an existing bundle, and that is told', async () => {
    const requests = [requested('repo=https://a.io,name=web,version=^1', 'x')];
    const result = await pinDefinedCharts(requests, { ...failing('network'), bundled });
    expect(result.charts).toMatchObject([{ wanted: '^1', version: '1.2.0', digest: a, provenance: b }]);
    expect(result).toMatchObject({ failures: [], warnings: [{ code: 'DIGEST_FROM_BUNDLE' }] });
  });

  test.each([
    ['when it says that there is no such chart', 'notFound', '^1'],
    ['when the bundle has another digest than the one asked for', 'network', `1.2.0,digest=${b}`],
  ] as const)('fails %s', async (_title, kind, version) => {
    const requests = [requested(`repo=https://a.io,name=web,version=${version}`, 'x')];
    const result = await pinDefinedCharts(requests, { ...failing(kind), bundled });
    expect(result).toMatchObject({ charts: [], failures: [{ name: 'web' }], warnings: [] });
  });
});

describe('a chart that a definition has pinned', () => {
  const request = requested('repo=https://a.io?token=t,name=web,version=^1', 'x');
  const defined = { repository: 'https://a.io', name: 'web', wanted: '^1', version: '1.2.0', line: 1 };

  test('is asked for as it was pinned, where it may be asked for, and is surely one', () => {
    const before = [{ ...defined, digest: a, provenance: 'none' as const }];
    expect(asDefined({ ...request, isGuess: true }, before)).toEqual({
      repository: 'https://a.io?token=t',
      name: 'web',
      version: '1.2.0',
      origins: request.origins,
      digest: undefined,
      pin: a,
      provenance: 'none',
    });
  });

  test('stays as it is asked for without a digest, with another one, or for another range', () => {
    expect(asDefined(request, [defined])).toBe(request);
    expect(asDefined(request, [{ ...defined, wanted: '^2', digest: a }])).toBe(request);
    const other = { ...request, digest: b };
    expect(asDefined(other, [{ ...defined, digest: a }])).toBe(other);
  });
});
