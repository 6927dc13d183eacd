import { describe, expect, it } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { encodeRecipe, parseRecipe } from '../../src/squeeze/recipe.ts';
import type { Recipe } from '../../src/squeeze/recipe.ts';
import { randomBytes } from '../support/go-oracle-inputs.ts';

const mebibyte = 2 ** 20;

const recipe: Recipe = {
  gzip: { digest: digestOf('gzip'), size: 10 + 5_000_000_000 + 8 + 10 + 700 + 8 },
  plain: { digest: digestOf('plain'), size: 9_000_000_000 + 3000 },
  segments: [
    { kind: 'literal', bytes: new Uint8Array(10).fill(1) },
    {
      kind: 'deflate',
      encoder: { encoder: 'go', settings: { level: -2 } },
      plain: 9_000_000_000,
      size: 5_000_000_000,
      checkpoints: [
        { plain: 8 * mebibyte, bits: 12_345_678, state: [] },
        { plain: 4_500_000_000, bits: 20_000_000_001, state: [-1, 0, Number.MAX_SAFE_INTEGER / 2 - 0.5] },
      ],
    },
    { kind: 'literal', bytes: new Uint8Array(8).fill(2) },
    { kind: 'literal', bytes: new Uint8Array(10).fill(1) },
    {
      kind: 'deflate',
      encoder: { encoder: 'corrections', settings: {} },
      plain: 3000,
      size: 700,
      checkpoints: [],
      corrections: Uint8Array.from(randomBytes('corrections', 300)),
    },
    { kind: 'literal', bytes: new Uint8Array(8).fill(3) },
  ],
};

function members(count: number): Recipe {
  const segments: Recipe['segments'] = Array.from({ length: count }, (_, at) => [
    { kind: 'literal' as const, bytes: new Uint8Array(10).fill(7) },
    {
      kind: 'deflate' as const,
      encoder: { encoder: 'go', settings: { level: 9 } },
      plain: 4096,
      size: 1000 + (at % 7),
      checkpoints: [],
    },
    { kind: 'literal' as const, bytes: randomBytes(`trailer ${at}`, 8) },
  ]).flat();
  const size = segments.reduce(
    (sum, segment) => sum + (segment.kind === 'literal' ? segment.bytes.length : segment.size),
    0,
  );
  return {
    gzip: { digest: digestOf('gzip'), size },
    plain: { digest: digestOf('plain'), size: 4096 * count },
    segments,
  };
}

/** The code of the error, or undefined when it is a recipe. */
function codeOf(bytes: Uint8Array): string | undefined {
  try {
    parseRecipe(bytes, 'a layer');
    return undefined;
  } catch (error) {
    if (error instanceof PaletteEdgeError) return error.code;
    throw error;
  }
}

describe('the bytes of a recipe', () => {
  it('give the recipe back', () => {
    const bytes = encodeRecipe(recipe);
    const parsed = parseRecipe(bytes, 'a layer');
    expect(JSON.parse(JSON.stringify(parsed))).toEqual(JSON.parse(JSON.stringify(recipe)));
    expect(encodeRecipe(parsed)).toEqual(bytes);
  });

  it('are few where a file has thousands of members', () => {
    const bytes = encodeRecipe(members(5000));
    expect(bytes.length).toBeLessThan(5000 * 19);
    expect(parseRecipe(bytes, 'a layer').segments).toHaveLength(15_000);
  });

  it('say when they belong to a later version', () => {
    const bytes = encodeRecipe(recipe);
    bytes[7] = 2;
    expect(codeOf(bytes)).toBe('RECIPE_UNSUPPORTED');
  });

  it('are refused when they end early, or go on', () => {
    const bytes = encodeRecipe(recipe);
    for (let size = 0; size < bytes.length; size += 1) {
      expect(codeOf(bytes.subarray(0, size))).toBe('RECIPE_INVALID');
    }
    expect(codeOf(Buffer.concat([bytes, Buffer.alloc(1)]))).toBe('RECIPE_INVALID');
  });

  it('are refused when their sizes do not add up', () => {
    const larger = { ...recipe, gzip: { ...recipe.gzip, size: recipe.gzip.size + 1 } };
    expect(codeOf(encodeRecipe(larger))).toBe('RECIPE_INVALID');
    const longer = { ...recipe, plain: { ...recipe.plain, size: recipe.plain.size - 1 } };
    expect(codeOf(encodeRecipe(longer))).toBe('RECIPE_INVALID');
  });

  it.each([
    ['close to each other', [300_000, 300_100]],
    ['behind the end', [10_000_000]],
  ])('are refused when checkpoints are %s', (_, positions) => {
    const checkpoints = positions.map((plain) => ({ plain, bits: plain, state: [] }));
    const { gzip, plain } = recipe;
    const encoder = { encoder: 'go', settings: { level: 6 } };
    const bytes = encodeRecipe({
      gzip: { ...gzip, size: 4_000_000 },
      plain: { ...plain, size: 9_000_000 },
      segments: [{ kind: 'deflate', encoder, plain: 9_000_000, size: 4_000_000, checkpoints }],
    });
    expect(codeOf(bytes)).toBe('RECIPE_INVALID');
  });

  const stream = { kind: 'deflate' as const, encoder: { encoder: 'go', settings: {} }, checkpoints: [] };
  const literal = (size: number) => ({ kind: 'literal' as const, bytes: new Uint8Array(size) });
  const repeated = (count: number, plain: number) =>
    Array.from({ length: count }, () => ({ ...stream, plain, size: 2 }));

  it.each([
    ['a literal is empty', [literal(1), literal(0)], true],
    ['there are more streams than files have members', repeated(100_001, 1), true],
    ['there are more streams without plain bytes than files have', repeated(1001, 0), true],
    ['there are no more of either', [...repeated(1000, 0), ...repeated(99_000, 1)], false],
    ['there are more segments', Array.from({ length: 300_002 }, () => literal(3)), true],
    ['there are no more segments', Array.from({ length: 300_001 }, () => literal(3)), false],
  ])('are refused before they take much memory or time: %s', (_, segments, refused) => {
    const size = segments.reduce(
      (sum, segment) => sum + (segment.kind === 'literal' ? segment.bytes.length : segment.size),
      0,
    );
    const plain = segments.reduce(
      (sum, segment) => sum + (segment.kind === 'literal' ? 0 : segment.plain),
      0,
    );
    const bytes = encodeRecipe({
      gzip: { ...recipe.gzip, size },
      plain: { ...recipe.plain, size: plain },
      segments,
    });
    expect(codeOf(bytes)).toBe(refused ? 'RECIPE_INVALID' : undefined);
  });

  it('are refused when a large literal is shared', () => {
    const segments = [literal(4096), literal(4096)];
    const shared = encodeRecipe({
      gzip: { ...recipe.gzip, size: 8192 },
      plain: { ...recipe.plain, size: 0 },
      segments,
    });
    expect(codeOf(shared)).toBeUndefined();
    // Its head, the sizes of both files, a table of one literal, of which the size is next: now it is one more.
    const at = 7 + 1 + 32 + 2 + 32 + 1 + 1;
    expect([...shared.subarray(at, at + 2)]).toEqual([0x80, 0x20]);
    const larger = Buffer.concat([shared.subarray(0, at), Buffer.of(0x81, 0x20, 0), shared.subarray(at + 2)]);
    larger.writeUInt8(0x82, 7 + 1 + 32);
    expect(codeOf(larger)).toBe('RECIPE_INVALID');
  });

  it('are read or refused, never anything else, when bytes are changed', () => {
    const bytes = encodeRecipe(recipe);
    const changes = randomBytes('changes', 20_000);
    let refused = 0;
    for (let at = 0; at < changes.length; at += 4) {
      const changed = Buffer.from(bytes);
      change(changed, changes.readUInt16LE(at), changes.readUInt8(at + 2));
      change(changed, changes.readUInt8(at + 3), changes.readUInt8(at + 2));
      if (codeOf(changed) !== undefined) refused += 1;
    }
    expect(refused).toBeGreaterThan(1000);
  });
});

function change(bytes: Buffer, place: number, mask: number): void {
  const at = place % bytes.length;
  bytes.writeUInt8(bytes.readUInt8(at) ^ mask, at);
}
