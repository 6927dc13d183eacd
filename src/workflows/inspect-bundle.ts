import type { BundleReader } from '../bundle/bundle-reader.ts';
import type { Inventory } from '../bundle/inventory.ts';
import type { PartFile } from '../bundle/joined-parts.ts';
import type { Warning } from '../warning.ts';
import { imageTree } from './inspect-tree.ts';
import type { ImageTree } from './inspect-tree.ts';
import type { BaseRequest, OpenedWithBases } from './open-with-bases.ts';
import { selectImages } from './select-images.ts';
import { reportSqueezed } from './squeeze-report.ts';
import type { SqueezeReport } from './squeeze-report.ts';
import { withBundle } from './with-bundle.ts';
import { withBundleSource } from './with-bundle-source.ts';
import type { BundleInput, BundleSource } from './with-bundle-source.ts';

/** What a bundle says about itself. */
export interface InspectResult {
  readonly path: string;
  readonly id: string;
  /** Length of the file in bytes; undefined for a stream, which is not read to its end. */
  readonly size?: number;
  /** Bytes of all blobs in it. */
  readonly contentSize: number;
  /** What the file is joined from; undefined when it is one. */
  readonly parts?: {
    /** Name of the parts list; undefined when there is none. */
    readonly list?: string;
    /** In order. */
    readonly files: readonly PartFile[];
  };
  /** Of images and charts only those that were asked for. */
  readonly inventory: Inventory;
  /** Of a squeezed bundle; the inventory is that of the plain one. */
  readonly squeezed?: SqueezeReport | undefined;
  /** Of each image of the inventory what it consists of, when that was asked for. */
  readonly tree?: readonly ImageTree[];
  readonly warnings?: readonly Warning[];
}

/** What is asked for of a bundle. */
export interface InspectRequest {
  /** Patterns of references; none for all. */
  readonly patterns: readonly string[];
  /** Whether platforms and layers are looked at, too. */
  readonly hasTree: boolean;
  /** Of a delta bundle: they may have manifests that a tree is made of. */
  readonly bases?: BaseRequest | undefined;
  readonly signal?: AbortSignal;
}

const inventoryOnly: InspectRequest = { patterns: [], hasTree: false };

/**
 * Reads a bundle's inventory; for a tree manifests and configs, too. Only the beginning and the end of the file are read: their checks
 * hold, the blobs are not verified.
 *
 * @throws PaletteEdgeError for a file that is missing, no bundle, damaged, or of another format version
 */
export async function inspectBundle(
  path: string,
  request: InspectRequest = inventoryOnly,
): Promise<InspectResult> {
  const inspect = async (reader: BundleReader, opened: OpenedWithBases): Promise<InspectResult> => {
    const files = opened.parts?.parts.map(({ name, size }) => ({ name, size }));
    const parts = files === undefined ? undefined : { list: opened.parts?.listName, files };
    const { inventory, ...rest } = await contentOf(reader, request);
    return { path, id: reader.id, size: reader.size, ...rest, parts, inventory };
  };
  return await withBundle(path, inspect, request.bases);
}

/** As {@link inspectBundle}, of a bundle that comes as a stream. What follows the configs is not read. */
export async function inspectStream(
  input: BundleInput & { readonly stream: AsyncIterable<Uint8Array> },
  request: InspectRequest,
): Promise<InspectResult> {
  return await withBundleSource(input, async (source) => ({
    path: input.path,
    id: source.id,
    ...(await contentOf(source, request)),
  }));
}

async function contentOf(
  source: Pick<BundleSource, 'inventory' | 'stored' | 'sizeOf' | 'open'>,
  { patterns, hasTree, signal }: InspectRequest,
): Promise<Pick<InspectResult, 'contentSize' | 'inventory' | 'squeezed' | 'tree' | 'warnings'>> {
  const { inventory, stored } = source;
  const squeezed = reportSqueezed(stored.squeezed, inventory);
  const contentSize = inventory.blobs.reduce((sum, blob) => sum + blob.size, 0);
  const { images: selected, warnings } = selectImages([inventory.images], patterns);
  const images = selected[0] ?? [];
  const chosen = new Set(images.map(({ reference }) => reference));
  const charts = inventory.charts.filter(({ reference }) => chosen.has(reference));
  const tree = hasTree ? await imageTree(source, chosen, signal) : undefined;
  const rest = { tree, warnings: warnings.length > 0 ? warnings : undefined };
  return { contentSize, inventory: { ...inventory, images, charts }, squeezed, ...rest };
}
