import { expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { excludedAmong, findExcluded, isLeftOut } from '../../src/workflows/scope-profiles.ts';
import type { ProfileLookup } from '../../src/workflows/scope-profiles.ts';
import { thrown } from '../support/sample-profiles.ts';

const uid = '0123456789abcdef01234567';
const profile = (name: string, version: string) => ({ name, version, type: 'add-on', packs: [] });
const given = [profile('base', '1'), profile('site', '1'), profile('site', '2')];

/** Palette has version 1 of both; there is a file of another name, and one that is broken. */
const lookUp: ProfileLookup = async (text) => {
  const found = new Map([
    [uid, profile('base', '1')],
    ['site.json', profile('site', '1')],
    ['other.json', profile('other', '1')],
    ['base', profile('site', '2')],
  ]);
  const known = found.get(text);
  if (known !== undefined) return await Promise.resolve({ profiles: [known], images: [], charts: [] });
  const code = text === 'broken.json' ? 'YAML_INVALID' : 'FILE_NOT_FOUND';
  throw new PaletteEdgeError(code, `${text} cannot be read`, { kind: 'usage' });
};

async function excluded(text: string) {
  const named = await findExcluded([text], lookUp);
  const only = excludedAmong(named, given).at(0);
  const silent = given.filter((each) => isLeftOut(named, each, given));
  return { names: only?.names, silent: silent.map(({ name, version }) => `${name} ${version}`) };
}

test.each([
  ['by name, although there is a file of that name', 'base', { names: ['base'], silent: ['base 1'] }],
  ['by name, in all its versions', 'site', { names: ['site'], silent: ['site 1', 'site 2'] }],
  ['by uid', uid, { names: ['base'], silent: ['base 1'] }],
  ['by file, with another version that stays', 'site.json', { names: [], silent: ['site 1'] }],
  ['by file, when it is not given', 'other.json', { names: [], silent: [] }],
])('a profile %s', async (_title, text, expected) => {
  expect(await excluded(text)).toEqual(expected);
});

test('what names no profile, and what is wrong with one, is told', async () => {
  const error = async (text: string) => {
    const named = await findExcluded([text], lookUp);
    return thrown(() => excludedAmong(named, given));
  };
  expect(await error('nope')).toMatchObject({ code: 'PROFILE_NOT_FOUND', kind: 'notFound' });
  expect(await error('broken.json')).toMatchObject({ code: 'YAML_INVALID' });
});
