import { describe, expect, test } from 'vitest';

import { formatOrigin } from '../../src/oci/origin.ts';
import { requestCharts } from '../../src/profile/request-charts.ts';
import type { ChartRequests } from '../../src/profile/request-charts.ts';
import { collectRequests } from '../../src/profile/request-images.ts';
import { profileFile, thrown } from '../support/sample-profiles.ts';

interface Asked {
  readonly packs?: readonly object[];
  readonly texts?: readonly string[];
  readonly variables?: readonly object[];
  readonly isSilent?: boolean;
}

function request({ packs = [], texts = [], variables, isSilent = false }: Asked): ChartRequests {
  const nothing = { images: [], lists: [], manifests: [], variables: new Map(), macros: new Map() };
  const profiles = [profileFile(packs, { variables })];
  const collected = collectRequests({ ...nothing, profiles, isSilent: () => isSilent });
  return requestCharts({ ...collected, texts });
}

function chartsOf(asked: Asked): string[] {
  return request(asked).charts.map(
    ({ repository, name, version, origins }) =>
      `${repository} ${name} ${version} <- ${origins.map(formatOrigin).join('; ')}`,
  );
}

function warningsOf(asked: Asked): string[] {
  const { warnings, moves } = request(asked);
  return [...warnings, ...[...moves.values()].flat()].map(({ code, message }) => `${code} ${message}`);
}

const listed = (...charts: readonly string[]) => ({
  values: ['pack:', '  content:', '    charts:', ...charts.map((chart) => `      - ${chart}`), ''].join('\n'),
});

test('the list of a pack, with the line of each', () => {
  const packs = [
    listed(
      '{repo: "https://a.io/x/", name: one, version: 1.10}',
      '{repo: "oci://a.io/x", name: two, version: "2.0.0"}',
    ),
  ];
  expect(chartsOf({ packs })).toEqual([
    'https://a.io/x one 1.10 <- profile sample, pack pack-0, pack.content.charts[0] (line 4)',
    'oci://a.io/x two 2.0.0 <- profile sample, pack pack-0, pack.content.charts[1] (line 5)',
  ]);
});

test('what has no repository or no name is passed over', () => {
  const packs = [listed('{name: one, version: 1.0.0}', '{repo: "https://a.io/x"}')];
  const { charts, skipped, warnings } = request({ packs });
  expect({ charts, warnings }).toEqual({ charts: [], warnings: [] });
  expect(skipped).toMatchObject([
    { origin: { key: 'pack.content.charts[0]', line: 4 }, text: 'one 1.0.0', reason: 'has no repository' },
    { origin: { key: 'pack.content.charts[1]', line: 5 }, text: '', reason: 'has no name' },
  ]);
});

test('macros are resolved', () => {
  const packs = [
    {
      values: `version: 1.2.3\n${listed('{repo: "https://{{.spectro.var.Host}}/x", name: n, version: "{{ .spectro.pack.pack-0.version }}"}').values}`,
    },
  ];
  const variables = [{ name: 'Host', defaultValue: 'a.io' }];
  expect(chartsOf({ packs, variables })).toEqual([
    'https://a.io/x n 1.2.3 <- profile sample, pack pack-0, pack.content.charts[0] (line 5)',
  ]);
});

test('one chart from several places has several origins', () => {
  const packs = [listed('{repo: "https://a.io/", name: n, version: 1.0.0}')];
  expect(chartsOf({ packs, texts: ['repo=https://a.io,name=n,version=1.0.0'] })).toEqual([
    'https://a.io n 1.0.0 <- --chart; profile sample, pack pack-0, pack.content.charts[0] (line 4)',
  ]);
});

describe('a pack that is a chart', () => {
  const helm = { name: 'nginx', type: 'helm', tag: '1.2.3' };

  test.each([
    [{ ...helm, server: 'https://a.io/x' }, 'https://a.io/x nginx 1.2.3'],
    [{ ...helm, server: 'a.io/x' }, 'https://a.io/x nginx 1.2.3'],
    [
      { ...helm, registry: { metadata: { kind: 'helm' }, server: 'https://a.io' } },
      'https://a.io nginx 1.2.3',
    ],
    [
      { ...helm, type: 'oci', registry: { metadata: { providerType: 'helm', server: 'https://a.io/x' } } },
      'oci://a.io/x nginx 1.2.3',
    ],
  ])('%j', (pack, expected) => {
    expect(chartsOf({ packs: [pack] })).toEqual([
      `${expected} <- profile sample, pack nginx, type ${pack.type}`,
    ]);
    expect(warningsOf({ packs: [pack] })).toEqual([]);
  });

  test('of which the repository is not known is warned of, unless a flag names it', () => {
    expect(warningsOf({ packs: [helm] })).toEqual([
      expect.stringMatching(
        /^CHART_REPOSITORY_UNKNOWN .*pack nginx: .*--chart repo=URL,name=nginx,version=1\.2\.3/,
      ),
    ]);
    expect(request({ packs: [helm] }).skipped).toEqual([
      {
        origin: { kind: 'profile', profile: 'sample', pack: 'nginx', key: 'type helm' },
        text: 'nginx 1.2.3',
        reason: 'its repository is not known',
      },
    ]);
    expect(warningsOf({ packs: [helm], texts: ['repo=https://a.io,name=nginx,version=1.2.3'] })).toEqual([]);
  });

  const oci = { name: 'nginx', type: 'oci', tag: '1.2.3', server: 'https://a.io/x' };

  test('or may be one, which its registry knows', () => {
    expect(chartsOf({ packs: [oci] })).toEqual([
      'oci://a.io/x nginx 1.2.3 <- profile sample, pack nginx, type oci',
    ]);
    expect(request({ packs: [oci] })).toMatchObject({
      charts: [{ isGuess: true }],
      skipped: [],
      warnings: [],
    });
    const pack = { ...oci, values: 'pack:\n  content:\n    images: []\n' };
    expect(chartsOf({ packs: [pack] })).toEqual([]);
    const { server: _server, ...unplaced } = oci;
    const other = { ...unplaced, registry: { metadata: { providerType: 'pack' } } };
    expect(request({ packs: [pack, other] })).toMatchObject({
      charts: [],
      skipped: [{ origin: { pack: 'nginx' }, reason: 'is taken for a pack, because it has pack.content' }],
      warnings: [],
    });
  });

  test.each([
    ['helm', [{ repository: 'oci://a.io/x', isGuess: undefined }]],
    ['oci', [{ repository: 'oci://a.io/x', isGuess: true }]],
    ['pack', []],
  ])('as far as the kind %s of its registry says', (kind, charts) => {
    const pack = { ...oci, registry: { metadata: { kind } } };
    expect(
      request({ packs: [pack] }).charts.map(({ repository, isGuess }) => ({ repository, isGuess })),
    ).toEqual(charts);
  });

  test('surely, once somebody says where it is', () => {
    const [same, other] = ['oci://a.io/x/nginx:1.2.3', 'oci://b.io/nginx:1.2.3'];
    for (const text of [same, other]) {
      const { charts } = request({ packs: [oci], texts: [text] });
      expect(charts).toHaveLength(1);
      expect(charts.at(0)).not.toHaveProperty('isGuess');
    }
  });

  test.each([
    ['another version in the same repository', oci, { ...oci, tag: '2.0.0' }],
    ['another repository', { ...oci, server: 'https://b.io' }, oci],
  ])('is not settled by a pack of that name with %s', (_title, sure, guess) => {
    const helmPack = { ...sure, registry: { metadata: { providerType: 'helm' } } };
    const { charts } = request({ packs: [helmPack, guess] });
    expect(charts.filter(({ isGuess }) => isGuess === true)).toHaveLength(1);
    expect(charts).toHaveLength(2);
    const { tag, name } = guess;
    const unknown = { name, tag, type: 'helm' };
    expect(request({ packs: [helmPack, unknown] }).skipped).toMatchObject([{ text: `nginx ${tag}` }]);
  });

  test('is not settled by a flag that names another version, and is by a range', () => {
    const asked = (version: string) => ({
      packs: [oci],
      texts: [`repo=https://b.io,name=nginx,version=${version}`],
    });
    expect(chartsOf(asked('2.0.0'))).toHaveLength(2);
    expect(chartsOf(asked('^2'))).toHaveLength(1);
    expect(chartsOf(asked('v1.2.3'))).toHaveLength(1);
  });

  test('is settled by its own list', () => {
    const own = { ...helm, ...listed('{repo: "https://a.io", name: nginx, version: 1.2.3}') };
    expect(request({ packs: [own] })).toMatchObject({
      charts: [{ name: 'nginx' }],
      skipped: [],
      warnings: [],
    });
  });

  test.each([
    [{ name: 'MyPack' }, /names are lower-case/],
    [{ server: 'https://user:hunter2@a.io/x' }, /credentials do not belong in a URL/],
    [{ server: 'https://a.io/x?token=hunter2' }, /a registry has no query/],
    [{ server: 'https://{{.spectro.macro.nope}}/x' }, /nope.* cannot be resolved/],
  ])('that may be one, and cannot be asked for because of %j, is told and skipped', (fields, reason) => {
    const pack = { ...oci, ...fields };
    const { charts, skipped, warnings } = request({ packs: [pack] });
    expect(charts).toEqual([]);
    expect(skipped).toMatchObject([{ origin: { pack: pack.name, key: 'type oci' } }]);
    expect(warnings).toMatchObject([{ code: 'CHART_TYPE_UNKNOWN', message: expect.stringMatching(reason) }]);
    expect(warnings.at(0)?.message).toContain(`profile sample, pack ${pack.name}, type oci: `);
    expect(warnings.at(0)?.message).not.toContain('hunter2');
    const sure = { ...pack, registry: { metadata: { providerType: 'helm' } } };
    const { message } = thrown(() => request({ packs: [sure] }));
    expect(message).toMatch(reason);
    expect(message).toContain(`profile sample, pack ${pack.name}, type oci: `);
  });

  test.each([
    'https://user:hunter2@a.io/x',
    'user:hunter2@a.io/x',
    'https://a.io/x?token=hunter2',
    'a.io/x?token=hunter2@b.io/',
    'user:1?hunter2@a.io/x',
    'https://user:hun/ter2@a.io/x#hunter2',
  ])('that may be one, of the server %s, is told without its secrets', (server) => {
    const [warning] = warningsOf({ packs: [{ ...oci, server, tag: '' }] });
    expect(warning).toMatch(/--chart oci:\/\/(?:a\.io\/x|HOST\/PATH)\/nginx:VERSION$/);
    expect(warning).not.toMatch(/hunter2|ter2/);
  });

  test.each([
    [{ server: '' }, 'where that is \\(server\\)', 'oci://HOST/PATH/nginx:1\\.2\\.3'],
    [{ tag: '' }, 'which version \\(version\\)', 'oci://a\\.io/x/nginx:VERSION'],
    [{ server: '', tag: '' }, 'where .* and which .*', 'oci://HOST/PATH/nginx:VERSION'],
  ])('that may be one and lacks %j is told with what is missing', (fields, missing, advice) => {
    const asked = { packs: [{ ...oci, ...fields }] };
    expect(warningsOf(asked)).toEqual([
      expect.stringMatching(
        new RegExp(`^CHART_TYPE_UNKNOWN .*does not say ${missing}; .*--chart ${advice}$`),
      ),
    ]);
    expect(request(asked).skipped).toMatchObject([{ origin: { pack: 'nginx', key: 'type oci' } }]);
    expect(chartsOf(asked)).toEqual([]);
  });

  test('packs of other types are none', () => {
    expect(chartsOf({ packs: [{ name: 'x', type: 'spectro', tag: '1', server: 'https://a.io' }] })).toEqual(
      [],
    );
  });
});

test.each([
  ['^1.2', 'range'],
  ['1.2', 'range'],
  ['', 'no version'],
])('the version %j moves', (version, reason) => {
  expect(warningsOf({ texts: [`repo=https://a.io,name=n,version=${version}`] })).toEqual([
    expect.stringMatching(
      new RegExp(`^CHART_VERSION_MOVES --chart: chart n.* of https://a\\.io has .*${reason}`),
    ),
  ]);
});

test('everything that is wrong is told at once', () => {
  const packs = [
    listed(
      '{repo: "a.io", name: n, version: 1.0.0}',
      '{repo: "https://{{.spectro.macro.nope}}", name: n, version: 1.0.0}',
      '{name: n}',
    ),
  ];
  const { code, message } = thrown(() => request({ packs, texts: ['nope'] }));
  expect(code).toBe('INPUT_INVALID');
  expect(message).toMatch(/"nope" names no chart/);
  expect(message).toMatch(/pack pack-0, pack\.content\.charts\[0\] \(line 4\): "a\.io" names no chart/);
  expect(message).toMatch(/pack\.content\.charts\[1\] \(line 5\): .*nope.* cannot be resolved/);
});

test('a sensitive variable does not get into a bundle', () => {
  const packs = [listed('{repo: "https://a.io/{{.spectro.var.Secret}}", name: n, version: 1.0.0}')];
  const variables = [{ name: 'Secret', defaultValue: 'hunter2', isSensitive: true }];
  const { code, message } = thrown(() => request({ packs, variables }));
  expect(code).toBe('CHART_REFERENCE_INVALID');
  expect(message).toContain('Secret');
  expect(message).not.toContain('hunter2');
});

test('of a silent profile charts are asked for, and nothing is told', () => {
  const helm = { name: 'web', type: 'helm', version: '1.0.0' };
  const packs = [listed('{repo: "https://a.io", name: n, version: ^1}'), helm];
  expect(warningsOf({ packs })).toHaveLength(2);
  const silent = { packs, isSilent: true };
  expect(warningsOf(silent)).toEqual([]);
  expect(chartsOf(silent)).toHaveLength(1);
});
