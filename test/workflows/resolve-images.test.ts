import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

import { formatOrigin } from '../../src/oci/origin.ts';
import { resolveImages } from '../../src/workflows/resolve-images.ts';
import { rejection } from '../support/rejection.ts';
import { profileFile, valuesWith } from '../support/sample-profiles.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { folderWith, noSources } from './no-sources.ts';

const fixture = (path: string) => fileURLToPath(new URL(`../../fixtures/${path}`, import.meta.url));

test('profiles, lists, manifests and references are read and joined', async () => {
  const values = valuesWith('{{.spectro.var.Host}}/app:1', 'a.io/app:{{.spectro.macro.tag}}');
  const folder = await folderWith({
    'profile.json': profileFile([values], { variables: [{ name: 'Host' }] }).text,
    'list.txt': 'b.io/app:1\n',
    'pod.yaml': 'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - image: c.io/app:1\n',
  });
  const { images, profiles, warnings } = await resolveImages({
    profiles: [join(folder, 'profile.json')],
    images: ['d.io/app:1', 'b.io/app:1'],
    imagesFiles: [join(folder, 'list.txt')],
    manifests: [join(folder, 'pod.yaml')],
    variables: new Map([['Host', 'v.io']]),
    macros: new Map([['tag', '2']]),
  });
  expect(images.map(({ name, origins }) => `${name} <- ${origins.map(formatOrigin).join('; ')}`)).toEqual([
    'a.io/app:2 <- profile sample, pack pack-0, pack.content.images[1] (line 5)',
    'b.io/app:1 <- --image; list.txt:1',
    'c.io/app:1 <- pod.yaml:5 spec.containers[0].image',
    'd.io/app:1 <- --image',
    'v.io/app:1 <- profile sample, pack pack-0, pack.content.images[0] (line 4)',
  ]);
  expect(profiles.map(({ name }) => name)).toEqual(['sample']);
  expect(warnings).toEqual([]);
});

test('no path of this machine is in the result', async () => {
  const folder = await folderWith({ 'list.txt': 'b.io/app:latest\n' });
  const result = await resolveImages({ ...noSources, imagesFiles: [join(folder, 'list.txt')] });
  expect(result.images).toHaveLength(1);
  expect(JSON.stringify(result)).not.toContain(folder);
});

test('nothing at all is no failure', async () => {
  expect(await resolveImages(noSources)).toEqual({
    images: [],
    profiles: [],
    charts: [],
    warnings: [],
    excluded: [],
    discovered: [],
    skipped: [],
    skippedCharts: [],
  });
});

test.each([
  ['profiles', 'profile'],
  ['imagesFiles', 'image list'],
  ['manifests', 'manifest'],
] as const)('a missing file of the %s is told as a %s', async (field, what) => {
  const path = join(await temporaryFolder(), 'missing');
  expect(await rejection(resolveImages({ ...noSources, [field]: [path] }))).toMatchObject({
    code: 'FILE_NOT_FOUND',
    kind: 'notFound',
    message: `reading the ${what} ${path} failed: no such file or folder`,
  });
});

test('the fixtures resolve', async () => {
  const { images, warnings } = await resolveImages({
    ...noSources,
    imagesFiles: [fixture('images.txt')],
    manifests: [fixture('manifests/shop.yaml')],
  });
  expect(images.length).toBeGreaterThan(4);
  expect(warnings.map(({ code }) => code)).not.toContain('MACRO_UNRESOLVED');
});
