import { expect, test } from 'vitest';

import {
  cleanText,
  inventoryId,
  isBundleName,
  isExtraPath,
  serializeInventory,
} from '../../src/bundle/inventory.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { sampleBundle } from '../support/sample-bundle.ts';

test('the id is the first 8 hex digits of the sha256 of the bytes', async () => {
  const { plan } = await sampleBundle();
  const bytes = serializeInventory(plan.inventory);
  expect(`sha256:${inventoryId(bytes)}`).toBe(digestOf(bytes).slice(0, 15));
  expect(plan.id).toBe(inventoryId(bytes));
});

test('serialised, it is JSON with sorted keys', async () => {
  const { plan } = await sampleBundle();
  const text = serializeInventory(plan.inventory).toString();
  expect(text.startsWith('{"blobs":[{"digest":"sha256:')).toBe(true);
  expect(Object.keys(JSON.parse(text))).toEqual(Object.keys(JSON.parse(text)).toSorted());
});

test.each(['edge', 'edge-demo_1.0', '9', 'A'.repeat(100)])('%s can name a bundle', (name) => {
  expect(isBundleName(name)).toBe(true);
});

test.each(['', '.', '-x', 'a/b', '../x', 'a b', 'A'.repeat(101), 'ü', 'a\n'])(
  '%j cannot name a bundle',
  (name) => {
    expect(isBundleName(name)).toBe(false);
  },
);

test.each([
  'palette-edge/a',
  'palette-edge/profiles/edge-demo@1.0.json',
  'palette-edge/..a',
  'palette-edge/.a',
])('%s can be an extra file', (path) => {
  expect(isExtraPath(path)).toBe(true);
});

test.each([
  'palette-edge',
  'palette-edge/',
  'palette-edge//a',
  'palette-edge/../a',
  'palette-edge/a/..',
  'palette-edge/.',
  '/palette-edge/a',
  'other/a',
  'palette-edge/a\\b',
  'palette-edge/a\u0000',
  'palette-edge/a b',
  'palette-edge/inventory.json',
  'palette-edge/inventory.sig',
  `palette-edge/${'a'.repeat(90)}`,
])('%j cannot be an extra file', (path) => {
  expect(isExtraPath(path)).toBe(false);
});

test('texts lose what could steer a terminal, and are cut', () => {
  expect(cleanText('a\u001b[31mb\u202ec\u0085')).toBe('a\uFFFD[31mb\uFFFDc\uFFFD');
  expect(cleanText('x'.repeat(2000))).toHaveLength(1024);
  expect(cleanText('plain – text')).toBe('plain – text');
  expect(cleanText(cleanText(`${'x'.repeat(1023)}😀`))).toBe(cleanText(`${'x'.repeat(1023)}😀`));
});
