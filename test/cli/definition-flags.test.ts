import { expect, test } from 'vitest';

import { definableInput, textsToWrite } from '../../src/cli/definition-flags.ts';
import type { DefinableFlags } from '../../src/cli/definition-flags.ts';
import { readDefinition } from '../../src/definition/read-definition.ts';
import type { LoadedDefinition } from '../../src/workflows/load-definition.ts';
import { thrown } from '../support/sample-profiles.ts';

const none: DefinableFlags = {
  profile: [],
  image: [],
  'images-file': [],
  manifest: [],
  var: [],
  macro: [],
  'cluster-profile-ids': [],
  'include-palette-content': false,
  'include-core-images-only': false,
  'exclude-profile': [],
  exclude: [],
  map: [],
  file: [],
  'existing-bundle': [],
  arch: [],
  platform: [],
  'allow-missing-platform': false,
};

function loaded(text: string): LoadedDefinition {
  const source = { name: 'd.yaml', text: `definitionVersion: 1\n${text}` };
  return { path: 'folder/d.yaml', source, definition: readDefinition(source) };
}

const definition = loaded(`options:
  name: edge
  platforms: [linux/arm64]
  allowMissingPlatform: true
  compressionLevel: 9
  map: [a.io=b.io]
  exclude: ["**/x"]
images:
  - reference: a.io/app:1
files:
  - {path: in/a, name: a}
`);

test('a definition says what flags do not; its files begin at its folder', () => {
  expect(definableInput(none, { definition })).toMatchObject({
    sources: { definition, scope: { excludes: ['**/x'], mappings: [{ to: { registry: 'b.io' } }] } },
    platforms: [{ os: 'linux', architecture: 'arm64' }],
    allowMissingPlatform: true,
    files: [{ path: 'folder/in/a', name: 'a' }],
    outfile: 'edge',
    compressionLevel: 9,
  });
});

test('flags win; patterns, renames and files of both are taken', () => {
  const flags = {
    ...none,
    outfile: 'site',
    'compression-level': 1,
    arch: ['amd64'],
    exclude: ['**/y', '**/x'],
    map: ['c.io=d.io'],
    file: ['z'],
  };
  const input = definableInput(flags, { definition });
  expect(input).toMatchObject({
    sources: { scope: { excludes: ['**/x', '**/y'], mappings: [{}, {}] } },
    platforms: [{ os: 'linux', architecture: 'amd64' }],
    files: [{ name: 'a' }, { path: 'z', name: 'z' }],
    outfile: 'site',
    compressionLevel: 1,
  });
});

test('without a definition there has to be something, and the level is 3', () => {
  expect(thrown(() => definableInput(none, {})).code).toBe('NO_INPUT');
  expect(definableInput({ ...none, image: ['a'] }, {}).compressionLevel).toBe(3);
  expect(definableInput({ ...none, file: ['a'] }, {}).sources.images).toEqual([]);
});

test.each([
  ['image', { image: ['a'] }],
  ['cluster-profile-ids', { 'cluster-profile-ids': ['0123456789abcdef01234567'] }],
  ['include-palette-content', { 'include-palette-content': true }],
])('a definition and --%s contradict each other', (name, given) => {
  const error = thrown(() => definableInput({ ...none, ...given }, { definition }));
  expect(error).toMatchObject({ code: 'DEFINITION_CONFLICT', kind: 'usage' });
  expect(error.message).toContain(`--${name}`);
});

test('a definition that has images is not written anew for files alone: its images would be gone', () => {
  const flags = { ...none, file: ['a'] };
  expect(thrown(() => definableInput(flags, { target: definition })).code).toBe('NO_INPUT');
  expect(definableInput(flags, { target: loaded('') }).files).toHaveLength(1);
});

test('patterns and renames are written once each, those that are there first', () => {
  const flags = { exclude: ['**/y', '**/x'], map: ['c.io=d.io'] };
  expect(textsToWrite(flags, definition)).toEqual({
    exclude: ['**/x', '**/y'],
    map: ['a.io=b.io', 'c.io=d.io'],
  });
  expect(textsToWrite(flags, undefined)).toEqual(flags);
});
