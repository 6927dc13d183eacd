import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { explainImages } from '../../src/profile/explain-images.ts';
import { loadDefinition } from '../../src/workflows/load-definition.ts';
import { resolveImages } from '../../src/workflows/resolve-images.ts';
import { wholeScope } from '../../src/workflows/scope-images.ts';
import { rejection } from '../support/rejection.ts';
import { profileFile, valuesWith } from '../support/sample-profiles.ts';
import { folderWith, noSources } from './no-sources.ts';

const chartOf = (name: string) => `{repo: "https://charts.example.com", name: ${name}, version: ^1}`;

const carelessValues = `pack:
  content:
    images: [{image: a.io/base}, {image: a.io/base:latest}, {image: a.io/shared:1}]
    charts: [${chartOf('base')}, ${chartOf('shared')}]
web:
  image: a.io/unlisted:1
off: {enabled: false, image: a.io/off:1}
`;

test('of a profile that is left out nothing is told, nor counted, and none of its charts is there', async () => {
  const careful = valuesWith('a.io/site:1', 'a.io/shared:1');
  const folder = await folderWith({
    'base.json': profileFile([carelessValues], { name: 'base' }).text,
    'site.json': profileFile([careful], { name: 'site' }).text,
  });
  const profiles = ['base', 'site'].map((name) => join(folder, `${name}.json`));
  const whole = await resolveImages({ ...noSources, profiles });
  expect(whole.warnings.length).toBeGreaterThan(3);
  const scope = { ...wholeScope, excludedProfiles: ['base'] };
  const result = await resolveImages({ ...noSources, profiles, scope, isStrict: true });
  expect(result.warnings).toEqual([]);
  expect(result.images.map(({ name }) => name)).toEqual(['a.io/site:1']);
  expect(result.charts).toEqual([]);
  expect(explainImages(result).counts).toEqual({
    images: 1,
    charts: 0,
    places: 1,
    notListed: 0,
    skipped: 0,
    skippedCharts: 0,
  });
});

test.each(['base.json', 'copy.json'])(
  'a given profile that is left out as the file %s is left out as if by its name',
  async (excluded) => {
    const base = `${carelessValues}found: {image: a.io/found:1}\n`;
    const folder = await folderWith({
      'base.json': profileFile([base], { name: 'base' }).text,
      'copy.json': profileFile([base], { name: 'base' }).text,
      'site.json': profileFile([valuesWith('a.io/site:1')], { name: 'site' }).text,
    });
    const result = await resolveImages({
      ...noSources,
      profiles: ['base', 'site'].map((name) => join(folder, `${name}.json`)),
      discovery: { isIncluded: true, helm: undefined },
      scope: { ...wholeScope, excludedProfiles: [join(folder, excluded)] },
      isStrict: true,
    });
    expect(result.images.map(({ name }) => name)).toEqual(['a.io/site:1']);
    expect(result.charts).toEqual([]);
    expect(result.profiles.map(({ name }) => name)).toEqual(['site']);
    expect(result.discovered).toEqual([]);
  },
);

test('what an excluded profile lists is not told as missing where it is only discovered', async () => {
  const site = `${valuesWith('a.io/site:1')}web: {image: a.io/found:1}\nweb2: {image: a.io/lost:1}\n`;
  const folder = await folderWith({
    'base.json': profileFile([valuesWith('a.io/found:v1')], { name: 'base' }).text,
    'site.json': profileFile([site], { name: 'site' }).text,
  });
  const result = await resolveImages({
    ...noSources,
    profiles: [join(folder, 'site.json')],
    scope: { ...wholeScope, excludedProfiles: [join(folder, 'base.json')] },
  });
  expect(result.warnings.map(({ code, message }) => [code, message])).toEqual([
    ['DISCOVERED_IMAGE', expect.stringContaining('a.io/lost:1')],
  ]);
  expect(result.skipped).toMatchObject([{ text: 'a.io/found:1', reason: 'is excluded' }]);
});

test('an image of a manifest that is left out is not told to be in no list', async () => {
  const pod = (image: string) => `apiVersion: v1\nkind: Pod\nspec: {containers: [{image: "${image}"}]}\n`;
  const manifests = ['a.io/base:1', 'b.io/debug:1', 'c.io/other:1'].map((image) => ({
    name: image.slice(0, 1),
    content: pod(image),
  }));
  const folder = await folderWith({
    'base.json': profileFile([valuesWith('a.io/base:1')], { name: 'base' }).text,
    'site.json': profileFile([{ values: valuesWith('a.io/site:1'), manifests }], { name: 'site' }).text,
  });
  const result = await resolveImages({
    ...noSources,
    profiles: [join(folder, 'site.json')],
    scope: { ...wholeScope, excludedProfiles: [join(folder, 'base.json')], excludes: ['b.io/**'] },
  });
  expect(result.images.map(({ name }) => name)).toEqual(['a.io/site:1', 'c.io/other:1']);
  expect(result.warnings).toMatchObject([
    { code: 'UNLISTED_IMAGE', message: expect.stringContaining('c.io/other:1') },
  ]);
});

describe('a profile that is only named to be left out', () => {
  const uses = valuesWith('{{.spectro.pack.pack-0.host}}/app:1', 'a.io/own:1');

  test('may have macros that point into a given one', async () => {
    const given = `${valuesWith('a.io/site:1', 'a.io/app:1')}host: a.io\n`;
    const folder = await folderWith({
      'base.json': profileFile([{ name: 'other', values: uses }], { name: 'base' }).text,
      'site.json': profileFile([given], { name: 'site' }).text,
    });
    const scope = { ...wholeScope, excludedProfiles: [join(folder, 'base.json')] };
    const { images, profiles } = await resolveImages({
      ...noSources,
      profiles: [join(folder, 'site.json')],
      scope,
    });
    expect(images.map(({ name }) => name)).toEqual(['a.io/site:1']);
    expect(profiles.map(({ name }) => name)).toEqual(['site']);
  });

  test('stands for the given one of its name and version', async () => {
    const folder = await folderWith({
      'base.json': profileFile([valuesWith('a.io/base:1')], { name: 'base' }).text,
      'copy.json': profileFile([uses], { name: 'base' }).text,
      'site.json': profileFile([valuesWith('a.io/site:1', 'a.io/base:1')], { name: 'site' }).text,
    });
    const { images } = await resolveImages({
      ...noSources,
      profiles: ['base', 'site'].map((name) => join(folder, `${name}.json`)),
      scope: { ...wholeScope, excludedProfiles: [join(folder, 'copy.json')] },
    });
    expect(images.map(({ name }) => name)).toEqual(['a.io/site:1']);
  });

  test('is told of by its flag when something is wrong with it', async () => {
    const folder = await folderWith({ 'base.json': profileFile([uses], { name: 'base' }).text });
    const path = join(folder, 'base.json');
    const scope = { ...wholeScope, excludedProfiles: [path] };
    const error = await rejection(resolveImages({ ...noSources, images: ['a.io/site:1'], scope }));
    expect(error).toMatchObject({
      code: 'MACRO_UNRESOLVED',
      kind: 'usage',
      message: expect.stringMatching(/^--exclude-profile .*base\.json: profile base, pack pack-0, /),
    });
  });
});

test('of two versions of a profile the one that is left out adds nothing under the name of the other', async () => {
  const version = (number: string, values: string) =>
    profileFile([values], { name: 'site' }).text.replace('"version":"1.0.0"', `"version":"${number}"`);
  const shared = 'both: {image: a.io/both:1}\n';
  const folder = await folderWith({
    'one.json': version('1', `${valuesWith('a.io/one:1')}web: {image: a.io/old:1}\n${shared}`),
    'two.json': version('2', `${valuesWith('a.io/two:1')}web: {image: a.io/new:1}\n${shared}`),
  });
  const result = await resolveImages({
    ...noSources,
    profiles: ['one', 'two'].map((name) => join(folder, `${name}.json`)),
    discovery: { isIncluded: true, helm: undefined },
    scope: { ...wholeScope, excludedProfiles: [join(folder, 'one.json')] },
  });
  expect(result.images.map(({ name }) => name)).toEqual(['a.io/both:1', 'a.io/new:1', 'a.io/two:1']);
});

test('nothing is told of what a pattern leaves out', async () => {
  const chart = (name: string) => `{repo: "https://charts.example.com", name: ${name}, version: ^1}`;
  const values = `pack:
  content:
    images: [{image: a.io/base}, {image: a.io/base:latest}, {image: "a.io/pinned@sha256:${'1'.repeat(64)}"}, {image: b.io/app:latest}]
    charts: [${chart('base')}, ${chart('app')}]
`;
  const folder = await folderWith({ 'site.json': profileFile([values]).text });
  const scope = { ...wholeScope, excludes: ['a.io/**', 'charts.example.com/base'] };
  const { warnings } = await resolveImages({ ...noSources, profiles: [join(folder, 'site.json')], scope });
  const told = warnings.filter(({ code }) => code !== 'VALUES_ONLY_READ');
  expect(told.map(({ code, message }) => [code, message])).toEqual([
    ['LATEST_TAG', expect.stringContaining('b.io/app:latest')],
    ['CHART_VERSION_MOVES', expect.stringContaining('chart app')],
  ]);
});

test('nothing is told of what a pattern leaves out of a definition', async () => {
  const chart = (name: string) =>
    `{repository: "https://charts.example.com", name: ${name}, version: 1.0.0, origins: [{kind: flag, flag: chart}]}`;
  const folder = await folderWith({
    'd.yaml': `definitionVersion: 1
images: [{reference: "a.io/base:1"}, {reference: "b.io/app:1"}]
charts: [${chart('base')}, ${chart('app')}]
`,
  });
  const definition = await loadDefinition(join(folder, 'd.yaml'));
  const scope = { ...wholeScope, excludes: ['a.io/**', 'charts.example.com/base:*'] };
  const { warnings } = await resolveImages({ ...noSources, definition, scope });
  expect(warnings.map(({ message }) => message)).toEqual([
    expect.stringContaining('b.io/app:1 has no digest'),
    expect.stringContaining('app has no digest'),
  ]);
});

test('what is discovered in a profile that is left out is left out, too', async () => {
  const folder = await folderWith({
    'base.json': profileFile([`${valuesWith()}web: {image: a.io/found:1}\n`], { name: 'base' }).text,
  });
  const result = await resolveImages({
    ...noSources,
    profiles: [join(folder, 'base.json')],
    images: ['a.io/site:1'],
    discovery: { isIncluded: true, helm: undefined },
    scope: { ...wholeScope, excludedProfiles: ['base'] },
  });
  expect(result.images.map(({ name }) => name)).toEqual(['a.io/site:1']);
  expect(result.excluded).toEqual([{ by: '--exclude-profile base', images: ['a.io/found:1'] }]);
});

test('a pattern that leaves out what is only discovered has its use', async () => {
  const values = `${valuesWith('a.io/site:1')}web: {image: a.io/found:1}\n`;
  const folder = await folderWith({ 'site.json': profileFile([values]).text });
  const scope = { ...wholeScope, excludes: ['a.io/found'] };
  const profiles = [join(folder, 'site.json')];
  const result = await resolveImages({ ...noSources, profiles, scope, isStrict: true });
  expect(result.images.map(({ name }) => name)).toEqual(['a.io/site:1']);
  expect(result.skipped).toMatchObject([{ text: 'a.io/found:1', reason: 'is excluded' }]);
});

test('a profile of a definition is left out with its charts, its discoveries and what is not pinned of it', async () => {
  const origins = (profile: string) => `origins: [{kind: profile, profile: ${profile}, pack: p, key: k}]`;
  const chart = (profile: string) =>
    `{repository: "https://charts.example.com", name: ${profile}, version: 1.0.0, ${origins(profile)}}`;
  const found = 'origins: [{kind: discovered, profile: base, pack: p, key: k, how: read}]';
  const folder = await folderWith({
    'd.yaml': `definitionVersion: 1
profiles: [{name: base}, {name: site}]
images:
  - {reference: "a.io/found:1", ${found}}
  - {reference: "a.io/site:1", ${origins('site')}}
charts: [${chart('base')}, ${chart('site')}]
`,
  });
  const definition = await loadDefinition(join(folder, 'd.yaml'));
  const scope = { ...wholeScope, excludedProfiles: ['base'] };
  const result = await resolveImages({ ...noSources, definition, scope });
  expect(result.images.map(({ name }) => name)).toEqual(['a.io/site:1']);
  expect(result.charts.map(({ name }) => name)).toEqual(['site']);
  expect(result.warnings.map(({ message }) => message)).toEqual([
    expect.stringContaining('a.io/site:1 has no digest'),
    expect.stringContaining('site has no digest'),
  ]);
});
