import { damagedBundle } from '../bundle/bundle-error.ts';
import { verifyBundleBytes } from '../bundle/verify-bundle.ts';
import { printable } from '../io/printable.ts';
import { withBundle } from './with-bundle.ts';

/** How a bundle is verified. */
export interface BlobsContext {
  readonly signal: AbortSignal;
  /** Told of the size before anything is read. */
  readonly onStart: (size: number) => void;
  readonly onBytes: (count: number) => void;
}

/**
 * Verifies a bundle blob by blob, before it goes into something else: for one that no checksum vouches for. A damaged one helps nobody.
 *
 * @param source in any way that {@link withBundle} takes
 * @throws PaletteEdgeError `BUNDLE_DAMAGED` (kind content)
 */
export async function checkBundleBlobs(source: string, context: BlobsContext): Promise<void> {
  const { signal, onStart, onBytes } = context;
  await withBundle(source, async (reader) => {
    // Opening has read the head, which is the first frame.
    onStart(reader.frames.tarSize - reader.frames.contentSize(0));
    const { problems } = await verifyBundleBytes(reader, { signal, onBytes });
    const [first] = problems;
    if (first !== undefined) throw damagedBundle(source, reasonOf(first, source));
  });
}

/** What is told of some damage begins with the bundle already. */
function reasonOf({ message }: { readonly message: string }, source: string): string {
  const start = `${source} is damaged: `;
  return printable(message.startsWith(start) ? message.slice(start.length) : message, 500);
}
