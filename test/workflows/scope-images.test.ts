import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { resolveImages } from '../../src/workflows/resolve-images.ts';
import type { ImageSources } from '../../src/workflows/resolve-images.ts';
import { wholeScope } from '../../src/workflows/scope-images.ts';
import type { ImageScope, ScopedRequests } from '../../src/workflows/scope-images.ts';
import { rejection } from '../support/rejection.ts';
import { profileFile, valuesWith } from '../support/sample-profiles.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const uid = '0123456789abcdef01234567';

/** Two add-on profiles that share an image, one of them by name only. */
async function resolveIn(
  scope: Partial<ImageScope>,
  images: readonly string[] = [],
): Promise<ScopedRequests> {
  const folder = await temporaryFolder();
  const base = profileFile([valuesWith('a.io/base:1', 'a.io/shared:1')], { name: 'base' });
  const site = profileFile([valuesWith('b.io/site:1', 'a.io/shared:1')], { name: 'site' });
  await writeFile(join(folder, 'base.json'), base.text);
  await writeFile(join(folder, 'site.json'), site.text);
  const at = (names: readonly string[]) => names.map((name) => name.replace(/^\.\//, `${folder}/`));
  const sources: ImageSources = {
    profiles: at(
      scope.excludedProfiles?.includes('base') === true ? ['./base.json', './site.json'] : ['./site.json'],
    ),
    images,
    imagesFiles: [],
    manifests: [],
    variables: new Map(),
    macros: new Map(),
  };
  const excludedProfiles = at(scope.excludedProfiles ?? []);
  return await resolveImages({ ...sources, scope: { ...wholeScope, ...scope, excludedProfiles } });
}

const namesOf = ({ images }: ScopedRequests) => images.map(({ name }) => name);

test('an excluded profile takes its images out, those included that another one asks for', async () => {
  const byName = await resolveIn({ excludedProfiles: ['base'] });
  expect(namesOf(byName)).toEqual(['b.io/site:1']);
  expect(byName.excluded).toEqual([
    { by: '--exclude-profile base', images: ['a.io/base:1', 'a.io/shared:1'] },
  ]);
  expect(byName.profiles.map(({ name }) => name)).toEqual(['site']);
  const byFile = await resolveIn({ excludedProfiles: ['./base.json'] });
  expect(namesOf(byFile)).toEqual(['b.io/site:1']);
  expect(byFile.excluded.map(({ images }) => images)).toEqual([['a.io/shared:1']]);
});

test('a profile that nobody has is told with the names that there are', async () => {
  const error = await rejection(resolveIn({ excludedProfiles: ['bsae'] }));
  expect(error).toMatchObject({
    code: 'PROFILE_NOT_FOUND',
    kind: 'notFound',
    suggestions: ['Names of the given profiles: site'],
  });
});

test('a uid is asked of Palette', async () => {
  await expect(resolveIn({ excludedProfiles: [uid] })).rejects.toThrow('Palette is to be asked');
});

test('patterns take images out; what takes none out is told', async () => {
  const result = await resolveIn({ excludes: ['a.io/**', 'a.io/shared', 'c.io/*'] }, ['a.io/x:1']);
  expect(namesOf(result)).toEqual(['b.io/site:1']);
  expect(result.excluded).toEqual([
    { by: '--exclude a.io/**', images: ['a.io/shared:1', 'a.io/x:1'] },
    { by: '--exclude a.io/shared', images: [] },
    { by: '--exclude c.io/*', images: [] },
  ]);
  expect(result.warnings).toEqual([
    { code: 'EXCLUDE_UNUSED', message: '--exclude c.io/* leaves nothing out' },
  ]);
});

test('patterns of a definition may leave nothing out', async () => {
  const excludes = ['c.io/*', 'd.io/*'];
  const { warnings, excluded } = await resolveIn({ excludes, silentExcludes: ['c.io/*'] });
  expect(warnings.map(({ message }) => message)).toEqual(['--exclude d.io/* leaves nothing out']);
  expect(excluded).toHaveLength(2);
});

test('renames keep the references that are pulled, and two images of one name are refused', async () => {
  const mappings = ['a.io', 'b.io'].map((registry) => ({
    from: { registry, path: '' },
    to: { registry: 'r.site', path: '' },
  }));
  expect(namesOf(await resolveIn({ mappings }))).toEqual(['a.io/shared:1', 'b.io/site:1']);
  const error = await rejection(resolveIn({ mappings }, ['b.io/shared:1']));
  expect(error).toMatchObject({ code: 'MAP_CONFLICT', kind: 'usage' });
  expect(error.message).toContain('the name r.site/shared:1: a.io/shared:1 (profile site');
  expect(error.message).toContain('and b.io/shared:1 (--image)');
});
