import { PaletteEdgeError } from '../errors.ts';
import { canonicalJson } from '../io/canonical-json.ts';
import type { Json } from '../io/canonical-json.ts';
import { cleanText, maximumInventorySize } from './inventory.ts';
import type { Inventory } from './inventory.ts';
import { Fields, invalidInventory } from './inventory-fields.ts';
import { jsonExcess } from './json-excess.ts';
import { parseSqueezedInventory } from './parse-squeezed-inventory.ts';
import { readPlainInventory, readTool } from './read-plain-inventory.ts';
import type { SqueezedInventory } from './squeezed-inventory.ts';

/** Its own depth is 5, and later versions may add some. The largest with as many blobs as fit have half as many values. */
const maximumShape = { depth: 32, values: 2 ** 20, fields: 1000 };

/**
 * Reads the inventory of a plain bundle.
 *
 * @throws as {@link parseAnyInventory}
 */
export function parseInventory(bytes: Uint8Array): Inventory {
  const inventory = parseAnyInventory(bytes);
  if (inventory.mode !== 'plain') throw invalidInventory(`its mode is ${inventory.mode}, not plain`);
  return inventory;
}

/**
 * Reads an inventory from outside: every field is checked before anything uses it. Fields that this version does not
 * know are passed over, so that later versions can add some; another format version or mode is refused.
 *
 * @throws PaletteEdgeError `BUNDLE_VERSION_UNSUPPORTED` or `INVENTORY_INVALID` (kind content)
 */
export function parseAnyInventory(bytes: Uint8Array): Inventory | SqueezedInventory {
  const fields = new Fields(parseCanonical(bytes), '');
  const version = fields.value('formatVersion');
  const mode = fields.value('mode');
  if (version === 4 && mode === 'squeezed') return parseSqueezedInventory(fields, mode);
  if (version === 5 && mode === 'delta') return parseSqueezedInventory(fields, mode);
  const known = ([1, 2, 3] as const).find((number) => number === version);
  if (known !== undefined && mode === 'plain') return readPlainInventory(fields, known);
  throw unsupported(version, mode, readTool(fields).version);
}

/** Only canonical JSON is taken: one content has one text and one id, and no key can be there twice. */
function parseCanonical(bytes: Uint8Array): unknown {
  if (bytes.length > maximumInventorySize)
    throw invalidInventory(`it is larger than ${maximumInventorySize} bytes`);
  const excess = jsonExcess(bytes, maximumShape);
  if (excess !== undefined) throw invalidInventory(excess);
  let document: Json;
  let text: string;
  let canonical: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    document = JSON.parse(text);
    canonical = canonicalJson(document);
  } catch (error) {
    throw invalidInventory('it is not canonical JSON', error);
  }
  if (canonical !== text) throw invalidInventory('it is not canonical JSON');
  return document;
}

function unsupported(version: unknown, mode: unknown, toolVersion: string): PaletteEdgeError {
  const found = cleanText(`format version ${JSON.stringify(version)}, mode ${JSON.stringify(mode)}`);
  const message = `the bundle has ${found.slice(0, 200)}; this palette-edge reads format versions 1 to 3, mode "plain", 4, mode "squeezed", and 5, mode "delta"`;
  return new PaletteEdgeError('BUNDLE_VERSION_UNSUPPORTED', message, {
    kind: 'content',
    suggestions: [`Use palette-edge ${toolVersion} or newer, which wrote it.`],
  });
}
