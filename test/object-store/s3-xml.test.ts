import { expect, test } from 'vitest';

import { childText, readXml } from '../../src/object-store/s3-xml.ts';

test('elements, text, entities, CDATA, attributes and comments are read', () => {
  const root = readXml(
    `<?xml version="1.0"?>\n<!-- a - comment --><s3:List xmlns:s3="a>b" x='1'><Key>a&amp;b&lt;&#x41;&#66;&quot;&apos;&none;</Key><Empty/><Raw><![CDATA[<&amp;] ]]></Raw></s3:List>\n`,
  );
  expect(root?.name).toBe('List');
  expect(childText(root, 'Key')).toBe(`a&b<AB"'&none;`);
  expect(childText(root, 'Empty')).toBe('');
  expect(childText(root, 'Raw')).toBe('<&amp;] ');
  expect(childText(undefined, 'Key')).toBeUndefined();
});

test.each([
  '',
  'text',
  '<a>',
  '<a></b>',
  '</a>',
  '<a/><b/>',
  '<a/>text',
  '<a',
  '<a b="',
  '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
  '<a><!ELEMENT b></a>',
  '<a>'.repeat(9) + '</a>'.repeat(9),
])('%j is no document of S3', (text) => {
  expect(readXml(text)).toBeUndefined();
});

test.each([
  ['tags', '<a '.repeat(200_000)],
  ['attributes', `<a ${'b="c" '.repeat(100_000)}`],
  ['spaces', `<a${' '.repeat(400_000)}`],
  ['comments', `<!--${'- '.repeat(200_000)}`],
  ['CDATA', `<![CDATA[${'] '.repeat(200_000)}`],
  ['instructions', `<?${'x'.repeat(400_000)}`],
])('%s without end are given up', (_, text) => {
  expect(readXml(text)).toBeUndefined();
});
