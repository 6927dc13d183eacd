import { describe, expect, test } from 'vitest';

import { parseAnyInventory } from '../../src/bundle/parse-inventory.ts';
import { checkAgainstPlain } from '../../src/bundle/parse-squeezed-inventory.ts';
import { largestRecipe, serializeSqueezedInventory } from '../../src/bundle/squeezed-inventory.ts';
import type { SqueezedInventory } from '../../src/bundle/squeezed-inventory.ts';
import { sampleBundle } from '../support/sample-bundle.ts';
import { squeezeSample } from '../support/sample-squeezed.ts';

const sample = await sampleBundle();
const { inventory } = (await squeezeSample(sample)).plan;
const plain = sample.plan.inventory;
const mebibyte = 1024 * 1024;

/** Reads the inventory with recipes, or layers, of this many bytes. */
function read({ recipe, layer }: { readonly recipe?: number; readonly layer?: number }): unknown {
  const blobs = inventory.blobs.map((blob) =>
    blob.role === 'recipe' ? { ...blob, size: recipe ?? blob.size } : blob,
  );
  const layers = inventory.layers.map((each) => ({ ...each, size: layer ?? each.size }));
  return parseAnyInventory(serializeSqueezedInventory({ ...inventory, blobs, layers }));
}

describe('a recipe that is larger than one that is worth it is refused before anybody reads it', () => {
  test.each([
    [64 * 1024, 0],
    [320 * 1024, mebibyte],
    [256 * mebibyte, 1024 * mebibyte],
    [256 * mebibyte, 1024 * 1024 * mebibyte],
  ])('%i bytes and no more of a layer of %i', (recipe, layer) => {
    expect(largestRecipe(layer)).toBe(recipe);
    expect(() => read({ recipe, layer })).not.toThrow();
    expect(() => read({ recipe: recipe + 1, layer })).toThrow(
      `the recipe of layers[0] has ${recipe + 1} bytes, expected at most ${recipe}`,
    );
  });
});

describe('only layers of the plain bundle are restored', () => {
  const roleOfFirst = (role: 'manifest' | 'config' | 'index' | 'file') => ({
    ...plain,
    blobs: plain.blobs.map((blob) =>
      blob.digest === inventory.layers[0]?.digest ? { ...blob, role } : blob,
    ),
  });

  test.each(['manifest', 'config', 'index', 'file'] as const)('and no %s', (role) => {
    const check = (): void => checkAgainstPlain(inventory satisfies SqueezedInventory, roleOfFirst(role));
    expect(check).toThrow(`layers[0] is no layer in its plain inventory, but a blob of role ${role}`);
  });

  test('layers are', () => {
    expect(() => checkAgainstPlain(inventory, plain)).not.toThrow();
  });
});
