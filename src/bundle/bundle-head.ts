import { decodeTarHeader, encodeTarHeader } from '../io/tar-header.ts';
import { digestOf } from '../oci/digest.ts';
import { damagedBundle } from './bundle-error.ts';
import { inventoryPath, leadingPaths, signaturePath } from './inventory.ts';
import type { Inventory } from './inventory.ts';
import { parseInventory } from './parse-inventory.ts';
import { paddingFor } from './tar-layout.ts';
import type { HeadEntry } from './tar-layout.ts';

/** What the first frame of a bundle holds. */
export interface BundleHead {
  readonly inventory: Inventory;
  /** The inventory as it is in the bundle: what the id and a signature are about. */
  readonly inventoryBytes: Uint8Array;
  /** Content of `palette-edge/inventory.sig`, when the bundle has one. */
  readonly signature: Uint8Array | undefined;
  /** Every file of the inventory by path. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

const blockSize = 512;
/** More than an inventory may name. */
const maximumEntries = 10_100;

/**
 * Reads the head's tar entries and checks them against the inventory among them: paths, order, sizes and digests, and
 * that every tar header and padding is just what the writer makes.
 *
 * @param name the bundle, for messages
 * @throws PaletteEdgeError `BUNDLE_DAMAGED`, `BUNDLE_VERSION_UNSUPPORTED`, `INVENTORY_INVALID` (kind content)
 */
export function parseHead(head: Uint8Array, name: string): BundleHead {
  const entries = readEntries(Buffer.from(head.buffer, head.byteOffset, head.byteLength), name);
  const found = new Map(entries.map(({ path, bytes }) => [path, bytes]));
  const inventoryBytes = found.get(inventoryPath);
  if (inventoryBytes === undefined) throw damagedBundle(name, `it has no ${inventoryPath}`);
  const inventory = parseInventory(inventoryBytes);
  checkOrder(entries, inventory, name);
  const files = new Map<string, Uint8Array>();
  for (const { path, size, digest } of inventory.files) {
    const bytes = found.get(path);
    if (bytes?.length !== size || digestOf(bytes) !== digest) {
      throw damagedBundle(name, `${path} does not match its digest in the inventory`);
    }
    files.set(path, bytes);
  }
  return { inventory, inventoryBytes, signature: found.get(signaturePath), files };
}

function readEntries(head: Buffer, name: string): HeadEntry[] {
  const entries: HeadEntry[] = [];
  let position = 0;
  while (position < head.length) {
    const entry = readEntry(head, position);
    if (entry === undefined)
      throw damagedBundle(name, `the tar header at byte ${position} is not one of ours`);
    entries.push(entry);
    if (entries.length > maximumEntries)
      throw damagedBundle(name, `its head has over ${maximumEntries} files`);
    position += blockSize + entry.bytes.length + paddingFor(entry.bytes.length).length;
  }
  return entries;
}

/** The entry at a position, or undefined when header, length or padding is not what the writer makes. */
function readEntry(head: Buffer, position: number): HeadEntry | undefined {
  const header = head.subarray(position, position + blockSize);
  const decoded = decodeTarHeader(header);
  if (decoded === undefined || !encodeTarHeader(decoded).equals(header)) return undefined;
  const start = position + blockSize;
  const end = start + decoded.size;
  const padding = paddingFor(decoded.size);
  if (!padding.equals(head.subarray(end, end + padding.length))) return undefined;
  return end > head.length ? undefined : { path: decoded.name, bytes: head.subarray(start, end) };
}

function checkOrder(entries: readonly HeadEntry[], inventory: Inventory, name: string): void {
  const paths = inventory.files.map(({ path }) => path);
  const hasSignature = entries.some(({ path }) => path === signaturePath);
  const expected = [
    ...paths.slice(0, leadingPaths.length),
    inventoryPath,
    ...(hasSignature ? [signaturePath] : []),
    ...paths.slice(leadingPaths.length),
  ];
  const wrong = expected.findIndex((path, index) => entries[index]?.path !== path);
  if (wrong !== -1) throw damagedBundle(name, `${expected[wrong]} is missing or not in its place`);
  if (entries.length !== expected.length) {
    throw damagedBundle(name, `it has a file that its inventory does not name`);
  }
}
