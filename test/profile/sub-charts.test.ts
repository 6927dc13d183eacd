import { expect, test } from 'vitest';

import { mergeValues, readChartDefaults } from '../../src/profile/discover-in-chart.ts';
import { discoverInValues } from '../../src/profile/discover-in-values.ts';
import { switchedOff } from '../../src/profile/sub-charts.ts';
import { parseYaml } from '../../src/profile/yaml-tree.ts';
import type { YamlNode } from '../../src/profile/yaml-tree.ts';

const chart = {
  'Chart.yaml': `name: web
dependencies:
  - {name: redis, alias: cache, condition: "nothing.there, features.cache"}
  - {name: redis, alias: queue}
  - {name: extra, tags: [tools, more]}
  - {name: deep, condition: deep.enabled}
`,
  'values.yaml': 'features: {cache: true}\ncache: {image: {tag: "7.9"}}\n',
  'charts/redis/Chart.yaml': 'name: redis\nappVersion: "7"\n',
  'charts/redis/values.yaml': 'image: {repository: a/redis, tag: ""}\n',
  'charts/extra/Chart.yaml': 'name: extra\n',
  'charts/extra/values.yaml': 'image: {repository: a/extra, tag: "1"}\n',
  'charts/deep/Chart.yaml': 'name: deep\n',
  'charts/deep/requirements.yaml': 'dependencies: [{name: deeper, condition: deeper.on}]\n',
  'charts/deep/charts/deeper/Chart.yaml': 'name: deeper\n',
  'charts/deep/charts/deeper/values.yaml': 'image: {repository: a/deeper, tag: "1"}\n',
};

const noValues: YamlNode = { kind: 'map', entries: new Map(), line: 1 };

function yaml(text: string): YamlNode {
  return parseYaml(text, () => 'the test').map(({ root }) => root)[0] ?? noValues;
}

/** The images that run with these values, and the folders of charts that do not. */
function found(values: string, files: Readonly<Record<string, string>> = chart) {
  const texts = new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]));
  const { values: defaults, appVersions, subCharts } = readChartDefaults(texts);
  const merged = mergeValues(defaults, yaml(values));
  const { paths, folders } = switchedOff(subCharts, merged);
  const place = { path: '', appVersions, passedOver: new Set<string>(), disabled: paths };
  const images = discoverInValues(merged, place).filter(({ isDisabled }) => !isDisabled);
  return { images: images.map(({ key, text }) => `${key} ${text}`).toSorted(), folders };
}

test('a sub-chart has the values of its alias, and is there once for each', () => {
  expect(found('{}')).toEqual({
    images: [
      'cache.image a/redis:7.9',
      'deep.deeper.image a/deeper:1',
      'extra.image a/extra:1',
      'queue.image a/redis:7',
    ],
    folders: [],
  });
});

test('conditions and tags switch sub-charts off, conditions those in them too', () => {
  expect(found('{features: {cache: false}, tags: {tools: false}, deep: {enabled: false}}')).toEqual({
    images: ['queue.image a/redis:7'],
    folders: ['charts/extra/', 'charts/deep/'],
  });
  expect(found('{deep: {deeper: {on: false}}}').folders).toEqual(['charts/deep/charts/deeper/']);
});

test('one tag that is on is enough, and what is no truth value says nothing', () => {
  expect(found('{tags: {tools: false, more: true}, features: {cache: "false"}}').images).toHaveLength(4);
  expect(found('{tags: {tools: "false"}}').images).toHaveLength(4);
});

test('aliases of aliases have an end', () => {
  const many = Array.from({ length: 40 }, (_, index) => `{name: a, alias: a${index}}`).join(', ');
  const nested = Object.fromEntries(
    Array.from({ length: 6 }, (_, depth) => 'charts/a/'.repeat(depth)).flatMap((folder) => [
      [`${folder}Chart.yaml`, `name: a\ndependencies: [${many}]\n`],
      [`${folder}values.yaml`, 'image: {repository: a/b, tag: "1"}\n'],
    ]),
  );
  expect(found('{}', nested).images).toHaveLength(501);
});
