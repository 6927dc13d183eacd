import { inventoryPath, signaturePath } from '../bundle/inventory.ts';
import type { BlobInTurn } from '../bundle/stream-reader.ts';
import { PaletteEdgeError } from '../errors.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import { digestOf } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import type { ExtractOptions } from './extract-image.ts';
import { countedBlobs, extractStream, requireFreeFile } from './extract-output.ts';
import type { StreamOutput } from './extract-output.ts';
import { requireFreeSpace } from './require-free-space.ts';
import type { BundleSource } from './with-bundle-source.ts';

/** A file that was extracted. */
export interface ExtractedFile {
  readonly kind: 'file';
  /** What it is called in the bundle. */
  readonly name: string;
  readonly digest: Digest;
  readonly bytes: number;
}

/**
 * Extracts one file as it was added: of `build --file`, or one of its head, by its path: the inventory, its signatures, the cluster definition.
 *
 * @throws PaletteEdgeError `OUTPUT_TAKEN` (kind usage), `NO_SUCH_FILE` (kind notFound), or of kind content for what is damaged
 */
export async function extractFile(
  source: BundleSource,
  { name, output }: { readonly name: string; readonly output: StreamOutput },
  options: ExtractOptions,
): Promise<ExtractedFile> {
  if ('path' in output) await requireFreeFile(output.path);
  const { rawFiles = [] } = source.inventory;
  const raw = rawFiles.find((file) => file.name === name);
  const head = headFile(source, name);
  if (raw !== undefined) {
    await extractBlob(source, { blob: raw, output }, options);
    return { kind: 'file', name, digest: raw.digest, bytes: raw.size };
  }
  if (head === undefined) throw noSuchFile(source, name);
  options.listener.onStart(head.length);
  await extractStream(output, onePiece(head));
  options.listener.onBytes(head.length);
  return { kind: 'file', name, digest: digestOf(head), bytes: head.length };
}

function headFile({ inventoryBytes, signature, files }: BundleSource, name: string): Uint8Array | undefined {
  if (name === inventoryPath) return inventoryBytes;
  return name === signaturePath ? signature : files.get(name);
}

/** Writes one blob: nobody sees it before it is verified, but who reads a stream. */
async function extractBlob(
  source: BundleSource,
  { blob, output }: { readonly blob: BlobIdentity; readonly output: StreamOutput },
  { listener, signal }: ExtractOptions,
): Promise<void> {
  if ('path' in output)
    await requireFreeSpace({ path: output.path, what: 'the file', bytes: blob.size, flag: '--output' });
  listener.onStart(blob.size);
  const blobs = source.blobs((digest) => digest === blob.digest, signal);
  await extractStream(output, contentOf(countedBlobs(blobs, listener.onBytes)));
}

async function* contentOf(blobs: AsyncIterable<BlobInTurn>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const { content } of blobs) yield* content;
}

async function* onePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield await Promise.resolve(bytes);
}

function noSuchFile(
  { inventory: { rawFiles = [], files }, path }: BundleSource,
  name: string,
): PaletteEdgeError {
  const known = [...rawFiles.map((file) => file.name), ...files.map((file) => file.path)];
  const more = known.length > 20 ? `, and ${known.length - 20} more` : '';
  return new PaletteEdgeError('NO_SUCH_FILE', `--file ${name} names no file of ${path}`, {
    kind: 'notFound',
    suggestions: [`It has: ${known.slice(0, 20).join(', ')}${more}`],
  });
}
