import { isBundleName } from './inventory.ts';
import type { Inventory } from './inventory.ts';
import { invalidInventory } from './inventory-fields.ts';
import type { Fields } from './inventory-fields.ts';
import { checkDelta, readDelta, requireOrder } from './read-delta-content.ts';
import { checkBlobs, checkFiles, readBlob, readFile, readTool } from './read-plain-inventory.ts';
import { maximumFrameContent } from './zstd-frame-structure.ts';
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
  'patch',
];

/**
 * Reads the inventory of a squeezed bundle, or of a delta bundle, whose format version and mode are known to be those. Every field is checked before anything uses
 * it; fields that this version does not know are passed over.
 *
 * @throws PaletteEdgeError `INVENTORY_INVALID` (kind content)
 */
export function parseSqueezedInventory(fields: Fields, mode: SqueezedInventory['mode']): SqueezedInventory {
  const inventory: SqueezedInventory = {
    formatVersion: mode === 'delta' ? 5 : 4,
    mode,
    name: fields.text('name', isBundleName),
    tool: readTool(fields),
    plain: readPlain(fields.object('plain')),
    files: fields.objects('files', 10_000).map(readFile),
    blobs: fields.objects('blobs', maximumBlobs).map((blob) => readBlob(blob, roles)),
    longFrom: fields.size('longFrom'),
    layers: fields.objects('layers', maximumBlobs).map(readLayer),
    kept: fields.objects('kept', maximumBlobs).map(readKept),
    delta: mode === 'delta' ? readDelta(fields.object('delta')) : undefined,
  };
  checkFiles(inventory.files);
  checkStored(inventory);
  checkLayers(inventory);
  if (inventory.delta !== undefined) checkDelta(inventory.delta, inventory.blobs);
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

function checkStored({ blobs, longFrom, delta }: SqueezedInventory): void {
  checkBlobs({ blobs });
  const least = delta === undefined ? 1 : 0;
  if (longFrom < least || longFrom > blobs.length)
    throw invalidInventory('longFrom is not the number of some blobs');
}

function checkLayers({ layers, blobs, kept, delta }: SqueezedInventory): void {
  const byDigest = new Map<string, StoredBlob>(blobs.map((blob) => [blob.digest, blob]));
  const plains = new Set<string>([...byDigest.keys(), ...(delta?.patches ?? []).map(({ plain }) => plain)]);
  requireOrder(
    layers.map(({ digest }) => digest),
    'layers',
  );
  requireOrder(
    kept.map(({ digest }) => digest),
    'kept',
  );
  for (const [index, layer] of layers.entries()) {
    if (byDigest.has(layer.digest)) throw invalidInventory(`layers[${index}] is among the blobs, too`);
    // What a layer decompresses to may itself be a layer of some image.
    if (!plains.has(layer.plain))
      throw invalidInventory(`what layers[${index}] decompresses to is not among the blobs`);
    checkRecipe(layer, byDigest.get(layer.recipe), `layers[${index}]`);
  }
}

function checkRecipe({ size }: SqueezedLayer, recipe: StoredBlob | undefined, place: string): void {
  if (recipe?.role !== 'recipe') throw invalidInventory(`the recipe of ${place} is not there`);
  if (recipe.size <= largestRecipe(size)) return;
  const sizes = `${recipe.size} bytes, expected at most ${largestRecipe(size)}`;
  throw invalidInventory(`the recipe of ${place} has ${sizes}`);
}

/**
 * Checks that a squeezed bundle gives just the blobs of the plain one, each from one place, and that only layers are restored: the others are
 * read into memory.
 *
 * @throws PaletteEdgeError `INVENTORY_INVALID` (kind content)
 */
export function checkAgainstPlain({ layers, blobs, name, delta }: SqueezedInventory, plain: Inventory): void {
  if (name !== plain.name) throw invalidInventory('it has not the name of its plain inventory');
  const given = [...blobs.filter(isOriginal), ...layers, ...(delta?.taken ?? [])];
  const sizes = new Map<string, number>(given.map(({ digest, size }) => [digest, size]));
  const isOther = plain.blobs.some(({ digest, size }) => sizes.get(digest) !== size);
  if (given.length !== plain.blobs.length || sizes.size !== given.length || isOther)
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
