import { expect, it } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import type { RecipeSegment } from '../../src/squeeze/recipe.ts';
import { planRestoring } from '../../src/squeeze/restore-plan.ts';

const mebibyte = 2 ** 20;
const identity = { digest: digestOf('file'), size: 0 };

function partsOf(segments: readonly RecipeSegment[]) {
  return [...planRestoring({ gzip: identity, plain: identity, segments })];
}

function literals(count: number, bytes: Uint8Array): RecipeSegment[] {
  return Array.from({ length: count }, () => ({ kind: 'literal', bytes }));
}

it('a shared literal is sent once for each part, and parts end after some mebibytes of them', () => {
  const parts = partsOf(literals(3000, new Uint8Array(4096)));
  expect(parts.map(({ items }) => items.length)).toEqual([1024, 1024, 952]);
  for (const { items } of parts)
    expect(new Set(items.map((item) => (item.kind === 'literal' ? item.bytes : undefined))).size).toBe(1);
});

it('a part has a bounded number of items', () => {
  const parts = partsOf(literals(10_000, new Uint8Array(1)));
  expect(parts.map(({ items }) => items.length)).toEqual([4096, 4096, 1808]);
});

it('parts follow each other, and literals stay between their streams', () => {
  const stream = (plain: number): RecipeSegment => ({
    kind: 'deflate',
    encoder: { encoder: 'go', settings: { level: 6 } },
    plain,
    size: 1000,
    checkpoints: [],
  });
  const literal: RecipeSegment = { kind: 'literal', bytes: Uint8Array.of(1) };
  const parts = partsOf([literal, stream(3 * mebibyte), literal, stream(3 * mebibyte), literal, stream(5)]);
  expect(parts.map(({ start, end }) => [start / mebibyte, Math.floor(end / mebibyte)])).toEqual([
    [0, 6],
    [6, 6],
  ]);
  expect(parts.map(({ items }) => items.map(({ kind }) => kind).join(' '))).toEqual([
    'literal stream literal stream',
    'literal stream',
  ]);
});

it('sends of a literal no more than its own bytes', () => {
  const parts = partsOf(literals(1, Buffer.alloc(100_000).subarray(500, 510)));
  const sizes = parts.flatMap(({ items }) =>
    items.map((item) => (item.kind === 'literal' ? item.bytes.buffer.byteLength : undefined)),
  );
  expect(sizes).toEqual([10]);
});
