import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { formatReference, formatRepository } from '../../src/oci/reference.ts';
import { resolveImages } from '../../src/workflows/resolve-images.ts';
import type { ResolvedImages } from '../../src/workflows/resolve-images.ts';
import { chartNameBefore } from '../../src/workflows/scope-charts.ts';
import { wholeScope } from '../../src/workflows/scope-images.ts';
import type { ImageScope } from '../../src/workflows/scope-images.ts';
import { profileFile } from '../support/sample-profiles.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const charts = [
  'repo=https://charts.example.com/stable,name=web,version=1.0.0',
  'repo=https://charts.example.com/stable,name=ranged,version=^1',
  'oci://ghcr.io/org/charts/db:2.0.0',
];

async function resolveIn(scope: Partial<ImageScope>): Promise<ResolvedImages> {
  return await resolveImages({
    profiles: [],
    images: ['a.io/site:1'],
    imagesFiles: [],
    manifests: [],
    charts,
    variables: new Map(),
    macros: new Map(),
    scope: { ...wholeScope, ...scope },
  });
}

const namesOf = (result: ResolvedImages) => result.charts.map(({ name }) => name);
const codesOf = ({ warnings }: ResolvedImages) =>
  warnings.map(({ code }) => code).filter((code) => code !== 'CHART_VERSION_MOVES');

test.each([
  ['charts.example.com/stable/web', ['ranged', 'db']],
  ['charts.example.com/**', ['db']],
  ['charts.example.com/stable/*:1.*', ['ranged', 'db']],
  ['ghcr.io/org/charts/db:2.*', ['ranged', 'web']],
  ['**/db', ['ranged', 'web']],
])('the pattern %s takes charts out', async (pattern, left) => {
  const result = await resolveIn({ excludes: [pattern] });
  expect(namesOf(result)).toEqual(left);
  expect(codesOf(result)).toEqual([]);
});

test('they are told beside the images that it takes out', async () => {
  const result = await resolveIn({ excludes: ['**', 'nothing.io/**'] });
  expect(result.excluded).toEqual([
    {
      by: '--exclude **',
      images: ['a.io/site:1'],
      charts: [
        'chart db 2.0.0 of oci://ghcr.io/org/charts',
        'chart ranged ^1 of https://charts.example.com/stable',
        'chart web 1.0.0 of https://charts.example.com/stable',
      ],
    },
    { by: '--exclude nothing.io/**', images: [] },
  ]);
  expect(codesOf(result)).toEqual(['EXCLUDE_UNUSED']);
});

test('an excluded profile that leaves out nothing but a chart has its use', async () => {
  const folder = await temporaryFolder();
  const values =
    'pack: {content: {images: [], charts: [{repo: "oci://ghcr.io/org/charts", name: db, version: 2.0.0}]}}\n';
  const path = join(folder, 'base.json');
  await writeFile(path, profileFile([{ values }], { name: 'base' }).text);
  const result = await resolveIn({ excludedProfiles: [path] });
  expect(namesOf(result)).toEqual(['ranged', 'web']);
  expect(codesOf(result)).toEqual([]);
  expect(result.excluded).toMatchObject([{ images: [], charts: [expect.stringContaining('chart db')] }]);
});

const nameOf = (repository: string, version: string) => {
  const reference = chartNameBefore({ repository, name: 'web', version });
  if (reference === undefined) return undefined;
  return reference.tag === undefined ? formatRepository(reference) : formatReference(reference);
};

test.each([
  ['https://a.io/x', '1.2.3', 'a.io/x/web:1.2.3'],
  ['https://a.io/x', '1.2.3+b', 'a.io/x/web:1.2.3_b'],
  ['https://a.io/x', '^1', 'a.io/x/web'],
  ['https://a.io/x', '', 'a.io/x/web'],
  ['oci://a.io/x', '1.2.3', 'a.io/x/web:1.2.3'],
  ['oci://a.io/x', 'v1.2.3', 'a.io/x/web:v1.2.3'],
  ['oci://a.io/x', 'stable', 'a.io/x/web:stable'],
  ['oci://a.io/x', '1.2', 'a.io/x/web'],
  ['oci://a.io/x', '~1.2.0', 'a.io/x/web'],
  ['oci://a.io/UPPER', '1.2.3', undefined],
])('%s, version "%s": %s', (repository, version, name) => {
  expect(nameOf(repository, version)).toBe(name);
});
