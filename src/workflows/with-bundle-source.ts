import type { ArchiveBlob } from '../bundle/archive-writer.ts';
import type { BundleReader } from '../bundle/bundle-reader.ts';
import type { StreamReader, BlobInTurn } from '../bundle/stream-reader.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { verifiedContent } from '../oci/verified-content.ts';
import type { SignedBy } from './bundle-trust.ts';
import { openStream } from './open-stream.ts';
import type { OpenRequest } from './open-request.ts';
import type { OpenedWithBases } from './open-with-bases.ts';
import { RestoringThreads } from './restoring-threads.ts';
import { withBundle } from './with-bundle.ts';

/** A bundle as the user named it. */
export interface BundleInput extends OpenRequest {
  /** As it was typed. */
  readonly path: string;
  /** Where it comes from instead of the path: `-` is standard input. */
  readonly stream?: AsyncIterable<Uint8Array> | undefined;
}

/** What a bundle says of itself and can be read of, whether it is a file or comes as a stream. Of a stream only manifests and configs can be opened. */
export interface BundleSource extends Pick<
  BundleReader,
  'id' | 'inventory' | 'inventoryBytes' | 'signature' | 'files' | 'stored' | 'sizeOf' | 'open'
> {
  readonly path: string;
  /** Whose signatures it has, of those who are trusted; empty when nobody asked. */
  readonly signedBy: readonly SignedBy[];
  /** Every blob that is wanted, once, in the order of the tar, verified. Of a stream only one call gets all of them. */
  readonly blobs: (isWanted: (digest: Digest) => boolean, signal: AbortSignal) => AsyncIterable<BlobInTurn>;
  /** What squeezed layers decompress to; undefined of a stream. */
  readonly plains?: PlainLayers;
  /** Asks for what blobs need of other places than bundles; see {@link OpenedWithBases}. */
  readonly require: OpenedWithBases['require'];
  /** Reads a stream to its end, which must be that of a bundle; of a file that was checked when it was opened. */
  readonly finish: () => Promise<void>;
}

/** The tars of a squeezed bundle, which other layers than gzip have none of. */
export interface PlainLayers {
  /** Which tar a layer decompresses to; undefined of one that is gzip in the bundle. */
  readonly identityOf: (layer: Digest) => BlobIdentity | undefined;
  /** The tars of layers that are wanted, each once, in the order of what they are read from, verified. */
  readonly tars: (isWanted: (layer: Digest) => boolean, signal: AbortSignal) => Iterable<ArchiveBlob>;
}

/** Opens a bundle, or begins to read it, gives it to `use`, and closes it in any case. */
export async function withBundleSource<T>(
  { path, stream, bases, trust }: BundleInput,
  use: (source: BundleSource) => Promise<T>,
): Promise<T> {
  if (stream === undefined)
    return await withBundle(path, async (_, opened) => await use(ofFile(opened, path)), { bases, trust });
  const restorer = new RestoringThreads();
  try {
    const { reader, signedBy } = await openStream({ path, stream, trust }, restorer);
    return await use({
      ...described(reader),
      path,
      signedBy,
      open: async (blob) => await reader.open(blob),
      blobs: (isWanted) => reader.blobs(isWanted),
      require: async () => await Promise.resolve(),
      finish: async () => await reader.finish(),
    });
  } finally {
    await restorer.close();
  }
}

function ofFile({ reader, signedBy, require }: OpenedWithBases, path: string): BundleSource {
  return {
    ...described(reader),
    path,
    signedBy,
    open: async (blob, options) => await reader.open(blob, options),
    blobs: (isWanted, signal) => blobsOf(reader, isWanted, signal),
    plains: {
      identityOf: (layer) => reader.holderOf(layer).plainIdentityOf(layer),
      tars: (isWanted, signal) => tarsOf({ reader, path }, isWanted, signal),
    },
    require,
    finish: async () => await Promise.resolve(),
  };
}

function described(
  reader: BundleReader | StreamReader,
): Pick<BundleSource, 'id' | 'inventory' | 'inventoryBytes' | 'signature' | 'files' | 'stored' | 'sizeOf'> {
  const { id, inventory, inventoryBytes, signature, files, stored } = reader;
  return {
    id,
    inventory,
    inventoryBytes,
    signature,
    files,
    stored,
    sizeOf: async (digest) => await reader.sizeOf(digest),
  };
}

function* tarsOf(
  { reader, path }: { readonly reader: BundleReader; readonly path: string },
  isWanted: (layer: Digest) => boolean,
  signal: AbortSignal,
): Generator<ArchiveBlob, void, undefined> {
  const given = new Set<Digest>();
  for (const { digest } of reader.inTarOrder()) {
    signal.throwIfAborted();
    if (!isWanted(digest)) continue;
    const holder = reader.holderOf(digest);
    const blob = holder.plainIdentityOf(digest);
    if (blob === undefined || given.has(blob.digest)) continue;
    given.add(blob.digest);
    const content = holder.plainOf(digest, 0, signal);
    if (content !== undefined)
      yield { blob, content: verifiedContent(blob, content, `reading from ${path}`) };
  }
}

async function* blobsOf(
  reader: BundleReader,
  isWanted: (digest: Digest) => boolean,
  signal: AbortSignal,
): AsyncGenerator<BlobInTurn, void, undefined> {
  for (const blob of reader.inTarOrder()) {
    signal.throwIfAborted();
    if (isWanted(blob.digest)) yield { blob, content: await reader.open(blob, { signal }) };
  }
}
