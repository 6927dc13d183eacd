import { describe, expect, test } from 'vitest';

import { readPythonMetadata } from '../../../src/report/packages/read-python-metadata.ts';

function read(text: string): object | undefined {
  return readPythonMetadata(Buffer.from(text)).packages[0];
}

test('a package has what its metadata says', () => {
  const metadata = `Metadata-Version: 2.1
Name: requests
Version: 2.31.0
Summary: Python HTTP for Humans.
Home-page: https://requests.readthedocs.io
Author: Kenneth Reitz
License: Apache 2.0
Classifier: License :: OSI Approved :: Apache Software License
Classifier: Programming Language :: Python
Requires-Dist: charset-normalizer (<4,>=2)
Requires-Dist: idna<4,>=2.5
Requires-Dist: PySocks!=1.5.7,>=1.5.6 ; extra == 'socks'
Requires-Dist: win-inet-pton; sys_platform == "win32"

Name: not this
Version: 9
`;
  expect(read(metadata)).toEqual({
    type: 'pypi',
    name: 'requests',
    version: '2.31.0',
    licences: ['Apache Software License'],
    supplier: 'Kenneth Reitz',
    homepage: 'https://requests.readthedocs.io',
    provides: [],
    requires: [['charset-normalizer'], ['idna'], ['win-inet-pton']],
  });
});

describe('its licence is', () => {
  const head = 'Name: a\nVersion: 1\n';

  test.each([
    [
      'an expression',
      'License-Expression: MIT OR Apache-2.0\nClassifier: License :: OSI Approved :: MIT License',
      'MIT OR Apache-2.0',
    ],
    ['a field of one line', 'License: BSD-3-Clause', 'BSD-3-Clause'],
  ])('%s', (_, lines, licence) => {
    expect(read(`${head}${lines}\n`)).toMatchObject({ licences: [licence] });
  });

  test.each([
    ['a whole text', 'License: Copyright\n        Permission is hereby granted'],
    ['unknown', 'License: UNKNOWN'],
    ['not there', ''],
  ])('nothing when it is %s', (_, lines) => {
    expect(read(`${head}${lines}\n`)).toMatchObject({ licences: [] });
  });
});

test.each(['', 'Name: a\n', 'Version: 1\n', '\nName: a\nVersion: 1\n'.replace('Name', 'Nome'), '\0\u00FF'])(
  'without name or version it is refused: %j',
  (text) => {
    expect(() => read(text)).toThrow('has no name or version of a package');
  },
);
