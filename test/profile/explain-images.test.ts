import { expect, test } from 'vitest';

import { parseReference } from '../../src/oci/reference.ts';
import type { Origin } from '../../src/oci/origin.ts';
import { explainImages } from '../../src/profile/explain-images.ts';
import type { ExplainedRequests } from '../../src/profile/explain-images.ts';

const image = (name: string, ...origins: readonly Origin[]) => ({
  name,
  reference: parseReference(name),
  origins,
});
const pack = (name: string, layer: string) => ({ name, type: 'spectro', layer, version: '1' });
const listed = (packName: string, key: string, line: number): Origin => ({
  kind: 'profile',
  profile: 'edge',
  pack: packName,
  key,
  line,
});
const found: Origin = {
  kind: 'discovered',
  profile: 'edge',
  pack: 'web',
  key: 'image',
  line: 2,
  how: 'read',
};

const requests: ExplainedRequests = {
  images: [
    image('a.io/a:1', { kind: 'flag' }, listed('web', 'pack.content.images[1]', 10)),
    image('a.io/b:1', listed('web', 'pack.content.images[0]', 9), listed('k3s', 'pack.content.images[0]', 4)),
    image('a.io/c:1', found, { kind: 'list', file: 'l.txt', line: 3 }),
    image('a.io/d:1', { kind: 'palette', service: 'stylus', version: '4.6' }),
    image('a.io/e:1', { kind: 'manifest', file: 'm.yaml', line: 7, key: 'spec.x' }),
  ],
  profiles: [
    {
      name: 'edge',
      version: '2',
      type: 'cluster',
      packs: [pack('web', 'addon'), pack('k3s', 'k8s'), pack('odd', ''), pack('os', 'os')],
    },
  ],
  discovered: [
    { ...image('a.io/c:1'), origin: found, isCertain: true, isIncluded: true },
    {
      ...image('a.io/f:1'),
      origin: { ...found, key: 'other', line: 1 },
      isCertain: true,
      isIncluded: false,
    },
    {
      ...image('a.io/g:1'),
      origin: { kind: 'discovered', key: 'chart x, values', how: 'rendered' },
      isCertain: false,
      isIncluded: false,
    },
  ],
  skipped: [{ origin: listed('os', 'options.system.uri', 5), text: 'NA', reason: 'names none' }],
  charts: [],
  skippedCharts: [],
};

test('by profile, layer from the kernel up, pack and line', () => {
  const { profiles } = explainImages(requests);
  expect(profiles).toMatchObject([{ name: 'edge', version: '2', type: 'cluster', images: 3 }]);
  expect(profiles.at(0)?.layers.map(({ layer, packs }) => [layer, ...packs.map(({ name }) => name)])).toEqual(
    [
      ['os', 'os'],
      ['k8s', 'k3s'],
      ['addon', 'web'],
      ['', 'odd'],
    ],
  );
  const layers = profiles.at(0)?.layers ?? [];
  expect(layers.at(0)?.packs.at(0)?.places).toEqual([
    { key: 'options.system.uri', line: 5, image: 'NA', outcome: 'skipped', reason: 'names none' },
  ]);
  expect(layers.at(2)?.packs.at(0)).toEqual({
    name: 'web',
    type: 'spectro',
    version: '1',
    images: 3,
    places: [
      { key: 'other', line: 1, image: 'a.io/f:1', outcome: 'not listed', reason: 'read' },
      { key: 'image', line: 2, image: 'a.io/c:1', outcome: 'discovered', reason: 'read' },
      { key: 'pack.content.images[0]', line: 9, image: 'a.io/b:1', outcome: 'asked for' },
      { key: 'pack.content.images[1]', line: 10, image: 'a.io/a:1', outcome: 'asked for' },
    ],
  });
});

test('flags, lists, manifests, services and charts by themselves', () => {
  expect(explainImages(requests).others).toEqual([
    { title: '--image', images: 1, places: [{ key: '', image: 'a.io/a:1', outcome: 'asked for' }] },
    { title: 'l.txt', images: 1, places: [{ key: '', line: 3, image: 'a.io/c:1', outcome: 'asked for' }] },
    {
      title: 'Palette service stylus 4.6',
      images: 1,
      places: [{ key: '', image: 'a.io/d:1', outcome: 'asked for' }],
    },
    {
      title: 'm.yaml',
      images: 1,
      places: [{ key: 'spec.x', line: 7, image: 'a.io/e:1', outcome: 'asked for' }],
    },
    {
      title: 'charts',
      images: 0,
      places: [{ key: 'chart x, values', image: 'a.io/g:1', outcome: 'maybe', reason: 'rendered' }],
    },
  ]);
});

test('counts', () => {
  expect(explainImages(requests).counts).toEqual({
    images: 5,
    charts: 0,
    places: 8,
    notListed: 2,
    skipped: 1,
    skippedCharts: 0,
  });
});

test('charts stand where they are asked for, and where they are passed over', () => {
  const chart = { repository: 'https://a.io?token=secret', name: 'web', version: '^1' };
  const own = (packName: string): Origin => ({
    kind: 'profile',
    profile: 'edge',
    pack: packName,
    key: 'type oci',
  });
  const explanation = explainImages({
    ...requests,
    charts: [
      { ...chart, origins: [{ kind: 'flag', flag: 'chart' }, listed('web', 'pack.content.charts[0]', 12)] },
      { ...chart, name: 'db', isGuess: true, origins: [own('k3s')] },
    ],
    skippedCharts: [{ origin: own('odd'), text: 'odd 1', reason: 'its repository is not known' }],
  });
  expect(explanation.counts).toMatchObject({ images: 5, charts: 2, skipped: 1, skippedCharts: 1 });
  expect(explanation.profiles).toMatchObject([{ images: 3, charts: 2 }]);
  const packs = explanation.profiles.flatMap(({ layers }) => layers.flatMap((layer) => layer.packs));
  expect(packs.map(({ name, charts }) => [name, charts])).toEqual([
    ['os', undefined],
    ['k3s', [{ key: 'type oci', chart: 'chart db ^1 of https://a.io', outcome: 'maybe' }]],
    [
      'web',
      [
        {
          key: 'pack.content.charts[0]',
          line: 12,
          chart: 'chart web ^1 of https://a.io',
          outcome: 'asked for',
        },
      ],
    ],
    ['odd', [{ key: 'type oci', chart: 'odd 1', outcome: 'skipped', reason: 'its repository is not known' }]],
  ]);
  expect(explanation.others.at(-1)).toEqual({
    title: '--chart',
    images: 0,
    places: [],
    charts: [{ key: '', chart: 'chart web ^1 of https://a.io', outcome: 'asked for' }],
  });
});

test('two profiles of one name are told once', () => {
  const profiles = requests.profiles.flatMap((profile) => [profile, { ...profile, version: '3' }]);
  const twice = { ...requests, profiles };
  expect(explainImages(twice).profiles).toHaveLength(1);
});

test('of two versions of a profile the packs of both are told, and no place is counted that is not shown', () => {
  const profile = { name: 'edge', type: 'add-on' };
  const { counts, profiles } = explainImages({
    images: [image('a.io/a:1', listed('web', 'a', 1)), image('a.io/b:1', listed('later', 'b', 1))],
    profiles: [
      { ...profile, version: '1', packs: [pack('web', 'addon')] },
      { ...profile, version: '2', packs: [pack('web', 'addon'), pack('later', 'addon')] },
    ],
    discovered: [],
    skipped: [],
    charts: [],
    skippedCharts: [],
  });
  const packs = profiles.flatMap(({ layers }) => layers.flatMap((layer) => layer.packs));
  expect(packs.map(({ name }) => name)).toEqual(['web', 'later']);
  expect(packs.flatMap(({ places }) => places)).toHaveLength(counts.places);
});
