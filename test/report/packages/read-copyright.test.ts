import { expect, test } from 'vitest';

import { readCopyright } from '../../../src/report/packages/read-copyright.ts';

const format = 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/';

test('the short names of licences are taken, each once', () => {
  const text = `${format}
Upstream-Name: zlib

Files: *
Copyright: 1995 A
License: Zlib

Files: debian/*
License: GPL-2+ or Artistic
 On Debian systems …

Files: x
License: Zlib
`;
  expect(readCopyright(Buffer.from(text)).debianLicences).toEqual(['GPL-2+ or Artistic', 'Zlib']);
});

test.each([
  'This package was debianized by …\n\nLicense: GPL\n',
  'Format: http://example.com/\n\nLicense: GPL\n',
  `License: MIT\n\n${format}\n`,
  '',
])('of a file for people nothing is taken: %j', (text) => {
  expect(readCopyright(Buffer.from(text)).debianLicences).toEqual([]);
});
