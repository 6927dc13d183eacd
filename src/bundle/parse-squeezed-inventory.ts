import { isBundleName } from './inventory.ts';
import type { Inventory } from './inventory.ts';
import { Fields, invalidInventory } from './inventory-fields.ts';
import { checkBlobs, checkFiles, readBlob, readFile, readTool } from './read-plain-inventory.ts';
import { maximumFrameContent } from './zstd-frames.ts';
import type {
  KeptLayer,
  PlainWriting,
  SqueezedInventory,
  SqueezedLayer,
  StoredBlob,
  StoredRole,
} from './squeezed-inventory.ts';
import { isOriginal, largestRecipe } from './squeezed-inventory.ts';

const maximumBlobs = 400_000;
const roles: readonly StoredRole[] = [
  'index',
  'manifest',
  'config',
  'layer',
  'file',
  'rewritten',
  'recipe',
  'tar',
];

/**
 * Reads the inventory of a squeezed bundle, whose format version and mode are known to be those. Every field is checked before anything uses
 * it; fields that this version does not know are passed over.
 *
 * @throws PaletteEdgeError `INVENTORY_INVALID` (kind content)
 */
export function parseSqueezedInventory(fields: Fields): SqueezedInventory {
  const inventory: SqueezedInventory = {
    formatVersion: 4,
    mode: 'squeezed',
    name: fields.text('name', isBundleName),
    tool: readTool(fields),
    plain: readPlain(fields.object('plain')),
    files: fields.objects('files', 10_000).map(readFile),
    blobs: fields.objects('blobs', maximumBlobs).map((blob) => readBlob(blob, roles)),
    longFrom: fields.size('longFrom'),
    layers: fields.objects('layers', maximumBlobs).map(readLayer),
    kept: fields.objects('kept', maximumBlobs).map(readKept),
  };
  checkFiles(inventory.files);
  checkStored(inventory);
  checkLayers(inventory);
  return inventory;
}

function readPlain(fields: Fields): PlainWriting {
  const compressionLevel = fields.size('compressionLevel');
  if (compressionLevel < 1 || compressionLevel > 22)
    throw fields.invalid('compressionLevel', 'is no level of zstd');
  const frameContent = fields.size('frameContent');
  if (frameContent === 0 || frameContent > maximumFrameContent)
    throw fields.invalid('frameContent', 'is no size of a frame');
  return { compressionLevel, frameContent };
}

function readLayer(fields: Fields): SqueezedLayer {
  return {
    digest: fields.digest('digest'),
    size: fields.size('size'),
    plain: fields.digest('plain'),
    recipe: fields.digest('recipe'),
    encoder: fields.text('encoder'),
  };
}

function readKept(fields: Fields): KeptLayer {
  return { digest: fields.digest('digest'), reason: fields.text('reason') };
}

function checkStored({ blobs, longFrom }: SqueezedInventory): void {
  checkBlobs({ blobs });
  if (longFrom < 1 || longFrom > blobs.length)
    throw invalidInventory('longFrom is not the number of some blobs');
}

function checkLayers({ layers, blobs, kept }: SqueezedInventory): void {
  const byDigest = new Map<string, StoredBlob>(blobs.map((blob) => [blob.digest, blob]));
  for (const [index, { digest, size, plain, recipe: recipeDigest }] of layers.entries()) {
    if ((layers[index - 1]?.digest ?? '') >= digest)
      throw invalidInventory(`layers[${index}] is not in order`);
    if (byDigest.has(digest)) throw invalidInventory(`layers[${index}] is among the blobs, too`);
    // What a layer decompresses to may itself be a layer of some image.
    if (!byDigest.has(plain))
      throw invalidInventory(`what layers[${index}] decompresses to is not among the blobs`);
    const recipe = byDigest.get(recipeDigest);
    if (recipe?.role !== 'recipe') throw invalidInventory(`the recipe of layers[${index}] is not there`);
    if (recipe.size > largestRecipe(size))
      throw invalidInventory(
        `the recipe of layers[${index}] has ${recipe.size} bytes, expected at most ${largestRecipe(size)}`,
      );
  }
  for (const [index, { digest }] of kept.entries())
    if ((kept[index - 1]?.digest ?? '') >= digest) throw invalidInventory(`kept[${index}] is not in order`);
}

/**
 * Checks that a squeezed bundle gives just the blobs of the plain one, each from one place, and that only layers are restored: the others are
 * read into memory.
 *
 * @throws PaletteEdgeError `INVENTORY_INVALID` (kind content)
 */
export function checkAgainstPlain({ layers, blobs, name }: SqueezedInventory, plain: Inventory): void {
  if (name !== plain.name) throw invalidInventory('it has not the name of its plain inventory');
  const sizes = new Map<string, number>(
    [...blobs.filter(isOriginal), ...layers].map(({ digest, size }) => [digest, size]),
  );
  if (sizes.size !== plain.blobs.length || plain.blobs.some(({ digest, size }) => sizes.get(digest) !== size))
    throw invalidInventory('its blobs are not those of its plain inventory');
  const roleOf = new Map<string, string>(plain.blobs.map(({ digest, role }) => [digest, role]));
  for (const [index, { digest }] of layers.entries()) {
    const role = roleOf.get(digest);
    if (role !== 'layer')
      throw invalidInventory(
        `layers[${index}] is no layer in its plain inventory, but a blob of role ${role}`,
      );
  }
}
