import { describe, expect, test } from 'vitest';

import { readNpmPackage } from '../../../src/report/packages/read-npm-package.ts';

function read(json: unknown): ReturnType<typeof readNpmPackage> {
  return readNpmPackage(Buffer.from(JSON.stringify(json)));
}

test('a package has what its package.json says', () => {
  const json = {
    name: '@oclif/core',
    version: '4.0.1',
    license: 'MIT',
    author: 'Salesforce',
    homepage: 'https://github.com/oclif/core',
    dependencies: { ansis: '^3', debug: '^4' },
    devDependencies: { vitest: '1' },
  };
  expect(read(json)).toEqual({
    packages: [
      {
        type: 'npm',
        name: '@oclif/core',
        version: '4.0.1',
        licences: ['MIT'],
        supplier: 'Salesforce',
        homepage: 'https://github.com/oclif/core',
        provides: [],
        requires: [['ansis'], ['debug']],
      },
    ],
    problems: [],
  });
});

test.each([
  [{ license: { type: 'BSD', url: 'x' } }, ['BSD']],
  [{ licenses: [{ type: 'MIT' }, { type: 'GPL' }, 'ISC', 7] }, ['MIT', 'GPL', 'ISC']],
  [{ license: 'MIT', licenses: ['MIT'] }, ['MIT']],
  [{ license: 7 }, []],
])('old ways to say the licence: %j', (fields, licences) => {
  expect(read({ name: 'a', version: '1', ...fields }).packages[0]?.licences).toEqual(licences);
});

test('an author may be an object', () => {
  expect(read({ name: 'a', version: '1', author: { name: 'B', email: 'c' } }).packages[0]?.supplier).toBe(
    'B',
  );
});

test.each([{}, { type: 'module' }, { name: 'a' }, { version: '1' }, { name: 7, version: '1' }])(
  'a file that only says how to load others is no package: %j',
  (json) => {
    expect(read(json)).toEqual({ packages: [], problems: [] });
  },
);

describe('refused is', () => {
  test.each(['', '[]', 'null', '"a"', '{"name":', '\u00FF'])('what is no object: %j', (text) => {
    expect(() => readNpmPackage(Buffer.from(text))).toThrow('is no JSON object');
  });

  test.each([
    { name: 'a b', version: '1' },
    { name: 'a', version: 'x'.repeat(600) },
  ])('a name or version that is none', (json) => {
    expect(() => read(json)).toThrow('has a name or version that no package can have');
  });

  test('JSON that is nested too deeply, without a crash', () => {
    const deep = `{"name":"a","version":"1","x":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    expect(() => readNpmPackage(Buffer.from(deep))).not.toThrow(TypeError);
  });
});
