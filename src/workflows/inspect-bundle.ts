import type { BundleReader } from '../bundle/bundle-reader.ts';
import type { Inventory } from '../bundle/inventory.ts';
import type { PartFile } from '../bundle/joined-parts.ts';
import { PaletteEdgeError } from '../errors.ts';
import type { Warning } from '../warning.ts';
import { imageTree } from './inspect-tree.ts';
import type { ImageTree } from './inspect-tree.ts';
import { findSignatures } from './find-signatures.ts';
import type { FoundSignature } from './find-signatures.ts';
import type { OpenedWithBases } from './open-with-bases.ts';
import type { SignedBy } from './bundle-trust.ts';
import type { OpenRequest } from './open-request.ts';
import type { SignatureAlgorithm } from '../trust/key-algorithm.ts';
import type { Digest } from '../oci/digest.ts';
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
  /** Absent when there is none. */
  readonly signatures?: readonly InspectedSignature[];
  /** Of images and charts only those that were asked for. */
  readonly inventory: Inventory;
  /** Of a squeezed bundle; the inventory is that of the plain one. */
  readonly squeezed?: SqueezeReport | undefined;
  /** Of each image of the inventory what it consists of, when that was asked for. */
  readonly tree?: readonly ImageTree[];
  readonly warnings?: readonly Warning[];
}

/** A signature of a bundle. */
export interface InspectedSignature {
  readonly algorithm: SignatureAlgorithm;
  readonly keyId: Digest;
  /** Its file; absent of one that is in the bundle. */
  readonly file?: string;
  /** The file of the key that it was checked with; absent of one that nobody checked: it says nothing. */
  readonly checkedWith?: string;
}

/** What is asked for of a bundle. */
export interface InspectRequest extends OpenRequest {
  /** Patterns of references; none for all. */
  readonly patterns: readonly string[];
  /** Whether platforms and layers are looked at, too. */
  readonly hasTree: boolean;
  readonly signal?: AbortSignal;
}

const inventoryOnly: InspectRequest = { patterns: [], hasTree: false };

/**
 * Reads a bundle's inventory; for a tree manifests and configs, too. Only the beginning and the end of the file are read: their checks
 * hold, the blobs are not verified.
 *
 * @throws PaletteEdgeError for a file that is missing, no bundle, damaged, of another format version, or not signed as it has to be
 */
export async function inspectBundle(
  path: string,
  request: InspectRequest = inventoryOnly,
): Promise<InspectResult> {
  const inspect = async (reader: BundleReader, opened: OpenedWithBases): Promise<InspectResult> => {
    const files = opened.parts?.parts.map(({ name, size }) => ({ name, size }));
    const parts = files === undefined ? undefined : { list: opened.parts?.listName, files };
    const { inventory, ...rest } = await contentOf(reader, request);
    const { signature } = reader;
    const signed = await signaturesOf({ path, signature, ...opened }, request);
    const described = { path, id: reader.id, size: reader.size, ...rest, ...signed };
    return { ...described, warnings: allWarnings(rest, signed), parts, inventory };
  };
  return await withBundle(path, inspect, request);
}

/** As {@link inspectBundle}, of a bundle that comes as a stream. What follows the configs is not read. */
export async function inspectStream(
  input: BundleInput & { readonly stream: AsyncIterable<Uint8Array> },
  request: InspectRequest,
): Promise<InspectResult> {
  return await withBundleSource(input, async (source) => {
    const content = await contentOf(source, request);
    const signed = await signaturesOf({ ...source, files: [] }, request);
    const warnings = allWarnings(content, signed);
    return { path: input.path, id: source.id, ...content, ...signed, warnings };
  });
}

function allWarnings(...results: readonly Pick<InspectResult, 'warnings'>[]): readonly Warning[] | undefined {
  const warnings = results.flatMap((result) => result.warnings ?? []);
  return warnings.length > 0 ? warnings : undefined;
}

/**
 * Who signed a bundle, and who of them was checked. Of a bundle that nobody wanted a signature of, a damaged signature file is a warning.
 *
 * @throws PaletteEdgeError as {@link findSignatures} does, when a signature was asked for
 */
export async function signaturesOf(
  bundle: Parameters<typeof findSignatures>[0] & { readonly signedBy: readonly SignedBy[] },
  { trust }: OpenRequest,
): Promise<Pick<InspectResult, 'signatures' | 'warnings'>> {
  let found: readonly FoundSignature[];
  try {
    found = await findSignatures(bundle, trust?.signatureFiles);
  } catch (error) {
    // Other tools have files of that name, too, and nobody asked for a check.
    if (trust !== undefined || !(error instanceof PaletteEdgeError)) throw error;
    return { warnings: [{ code: error.code, message: error.message }] };
  }
  if (found.length === 0) return {};
  const keyFiles = new Map(bundle.signedBy.map(({ keyId, keyFile }) => [keyId, keyFile]));
  const signatures = found.map(({ algorithm, keyId, file }) => {
    const checkedWith = keyFiles.get(keyId);
    return {
      algorithm,
      keyId,
      ...(file === undefined ? {} : { file }),
      ...(checkedWith === undefined ? {} : { checkedWith }),
    };
  });
  return { signatures };
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
