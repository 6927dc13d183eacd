import { expect, test } from 'vitest';

import { readOsRelease } from '../../../src/report/packages/read-os-release.ts';

test.each([
  [
    'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n',
    { id: 'debian', versionId: '12', prettyName: 'Debian GNU/Linux 12 (bookworm)' },
  ],
  ['ID=alpine\r\nVERSION_ID=3.20.1\r\n', { id: 'alpine', versionId: '3.20.1' }],
  ["# a comment\n  ID='Rocky'\n", { id: 'rocky' }],
  ['PRETTY_NAME="a \\"b\\" \\$c"', { prettyName: 'a "b" $c' }],
  ['ID="half', { id: '"half' }],
  ['', {}],
])('%j', (text, distribution) => {
  expect(readOsRelease(Buffer.from(text)).distribution).toEqual(distribution);
});
