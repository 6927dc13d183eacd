import type { LayerRestorer } from '../bundle/layer-restorer.ts';
import { StreamReader } from '../bundle/stream-reader.ts';
import { requireTrusted } from './bundle-trust.ts';
import type { BundleTrust, SignedBy } from './bundle-trust.ts';

/** A bundle that comes as a stream. */
export interface BundleStream {
  /** As it was typed. */
  readonly path: string;
  readonly stream: AsyncIterable<Uint8Array>;
  /** Whose signature it must have; undefined takes any. */
  readonly trust?: BundleTrust | undefined;
}

/** A bundle whose beginning has come. */
export interface OpenedStream {
  readonly reader: StreamReader;
  /** Whose signatures it has, of those who are trusted; empty when nobody asked. */
  readonly signedBy: readonly SignedBy[];
}

/**
 * Begins to read a bundle from standard input. Nothing behind the head is read before the signature was checked.
 *
 * @param restorer needed for the layers of squeezed bundles; the caller closes it
 * @throws PaletteEdgeError as {@link StreamReader.open} and {@link requireTrusted} do
 */
export async function openStream(
  { path, stream, trust }: BundleStream,
  restorer?: LayerRestorer,
): Promise<OpenedStream> {
  let signedBy: readonly SignedBy[] = [];
  const reader = await StreamReader.open(stream, 'standard input', {
    restorer,
    checkHead: async ({ stored: { id }, inventory, inventoryBytes, signature }) => {
      signedBy = await requireTrusted({ path, id, inventory, inventoryBytes, signature, files: [] }, trust);
    },
  });
  return { reader, signedBy };
}
