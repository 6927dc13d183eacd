import { damagedBundle } from '../bundle/bundle-error.ts';
import type { BundleReader } from '../bundle/bundle-reader.ts';
import { verifyBundleBytes } from '../bundle/verify-bundle.ts';
import { printable } from '../io/printable.ts';
import type { BundleTrust } from './bundle-trust.ts';
import { verifyRestored } from './verify-restored.ts';
import { withBundle } from './with-bundle.ts';

/** How a bundle is verified. */
export interface BlobsContext {
  readonly signal: AbortSignal;
  /** Whose signature it must have; undefined takes any. */
  readonly trust?: BundleTrust | undefined;
  /** Told of the size before anything is read. */
  readonly onStart: (size: number) => void;
  readonly onBytes: (count: number) => void;
}

/**
 * Verifies a bundle blob by blob, before it goes into something else: for one that no checksum vouches for, and for one that must be signed: whoever
 * changed it may have written its checksum, too. A damaged one helps nobody.
 *
 * @param source in any way that {@link withBundle} takes
 * @throws PaletteEdgeError `BUNDLE_DAMAGED` (kind content), and what opening it throws
 */
export async function checkBundleBlobs(source: string, context: BlobsContext): Promise<void> {
  const { signal, trust, onStart, onBytes } = context;
  const check = async (reader: BundleReader): Promise<void> => {
    // Opening has read the head, which is the first frame.
    onStart(reader.frames.tarSize - reader.frames.contentSize(0));
    const { problems } = await verifyBundleBytes(reader, { signal, onBytes });
    const isSigned = trust !== undefined;
    const restored = await verifyRestored(reader, { isSigned, listener: { onStart, onBytes }, signal });
    const [first] = [...problems, ...restored];
    if (first !== undefined) throw damagedBundle(source, reasonOf(first, source));
  };
  await withBundle(source, check, { trust });
}

/** What is told of some damage begins with the bundle already. */
function reasonOf({ message }: { readonly message: string }, source: string): string {
  const start = `${source} is damaged: `;
  return printable(message.startsWith(start) ? message.slice(start.length) : message, 500);
}
