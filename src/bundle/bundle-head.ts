import { decodeTarHeader, encodeTarHeader } from '../io/tar-header.ts';
import { digestOf } from '../oci/digest.ts';
import { damagedBundle } from './bundle-error.ts';
import { inventoryId, inventoryPath, leadingPaths, signaturePath } from './inventory.ts';
import type { Inventory } from './inventory.ts';
import { parseAnyInventory, parseInventory } from './parse-inventory.ts';
import { checkAgainstPlain } from './parse-squeezed-inventory.ts';
import { plainInventoryPath, plainPaths } from './squeezed-inventory.ts';
import type { SqueezedInventory, StoredBlob } from './squeezed-inventory.ts';
import { paddingFor } from './tar-layout.ts';
import type { HeadEntry } from './tar-layout.ts';

/** What the first frame of a bundle holds. Of a squeezed bundle: what that of the plain one would hold. */
export interface BundleHead {
  readonly inventory: Inventory;
  /** The inventory as it is in the bundle. */
  readonly inventoryBytes: Uint8Array;
  /** Content of `palette-edge/inventory.sig`, when the bundle has one. */
  readonly signature: Uint8Array | undefined;
  /** Every file of the inventory by path. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly stored: StoredContent;
}

/** What is in the tar of a bundle. */
export interface StoredContent {
  /** See `inventoryId`. Signatures are about the plain inventory, in every form of a bundle. */
  readonly id: string;
  /** `palette-edge/inventory.json` as it is. */
  readonly inventoryBytes: Uint8Array;
  /** Every file of the head but the inventory and the signature by path, checked. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** In tar order. */
  readonly blobs: readonly StoredBlob[];
  /** How many of them come before those in long frames. */
  readonly longFrom: number;
  /** Undefined of a plain bundle. */
  readonly squeezed: SqueezedInventory | undefined;
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
  const own = parseAnyInventory(inventoryBytes);
  checkOrder(entries, own.files, name);
  const files = checkedFiles(found, own.files, name);
  const { blobs } = own;
  const squeezed = own.mode === 'plain' ? undefined : own;
  const longFrom = squeezed?.longFrom ?? blobs.length;
  const stored = { id: inventoryId(inventoryBytes), inventoryBytes, files, blobs, longFrom, squeezed };
  const signature = found.get(signaturePath);
  if (own.mode === 'plain') return { inventory: own, inventoryBytes, signature, files, stored };
  return { ...plainHead(own, files, name), signature, stored };
}

/** The head of the plain bundle that a squeezed one stands for. */
function plainHead(
  squeezed: SqueezedInventory,
  files: ReadonlyMap<string, Uint8Array>,
  name: string,
): Pick<BundleHead, 'inventory' | 'inventoryBytes' | 'files'> {
  const inventoryBytes = files.get(plainInventoryPath);
  if (inventoryBytes === undefined) throw damagedBundle(name, `it has no ${plainInventoryPath}`);
  const inventory = parseInventory(inventoryBytes);
  checkAgainstPlain(squeezed, inventory);
  const replaced = new Set(plainPaths.values());
  const found = new Map([...files].filter(([path]) => !replaced.has(path)));
  for (const [path, plainPath] of plainPaths) {
    const bytes = found.get(path);
    if (bytes !== undefined) found.set(plainPath, bytes);
  }
  return { inventory, inventoryBytes, files: checkedFiles(found, inventory.files, name) };
}

function checkedFiles(
  found: ReadonlyMap<string, Uint8Array>,
  expected: Inventory['files'],
  name: string,
): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const { path, size, digest } of expected) {
    const bytes = found.get(path);
    if (bytes?.length !== size || digestOf(bytes) !== digest) {
      throw damagedBundle(name, `${path} does not match its digest in the inventory`);
    }
    files.set(path, bytes);
  }
  return files;
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

function checkOrder(entries: readonly HeadEntry[], files: Inventory['files'], name: string): void {
  const paths = files.map(({ path }) => path);
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
