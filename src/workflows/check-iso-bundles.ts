import { damagedBundle } from '../bundle/bundle-error.ts';
import { verifyBundleBytes } from '../bundle/verify-bundle.ts';
import { printable } from '../io/printable.ts';
import type { IsoListener } from './create-iso.ts';
import type { IsoContent, IsoContentBundle } from './iso-content.ts';
import { withBundle } from './with-bundle.ts';

/**
 * Verifies the bundles that no checksum vouches for, neither a `.sha256` beside it nor a list of parts: an image of a damaged bundle helps
 * nobody.
 *
 * @throws PaletteEdgeError `BUNDLE_DAMAGED` (kind content)
 */
export async function checkIsoBundles(
  { bundles }: IsoContent,
  listener: IsoListener,
  signal: AbortSignal,
): Promise<void> {
  for (const bundle of bundles) {
    if (isVouchedFor(bundle)) continue;
    await withBundle(bundle.source, async (reader) => {
      // Opening has read the head, which is the first frame.
      listener.onPhase('verifying', reader.frames.tarSize - reader.frames.contentSize(0));
      const { problems } = await verifyBundleBytes(reader, { signal, onBytes: listener.onBytes });
      const [first] = problems;
      if (first !== undefined) throw damagedBundle(bundle.source, reasonOf(first, bundle.source));
    });
  }
}

/** What is told of some damage begins with the bundle already. */
function reasonOf({ message }: { readonly message: string }, source: string): string {
  const start = `${source} is damaged: `;
  return printable(message.startsWith(start) ? message.slice(start.length) : message, 500);
}

function isVouchedFor({ parts, isSplit, files }: IsoContentBundle): boolean {
  const isPart = parts !== undefined && isSplit !== true;
  const paths = new Set(parts);
  const content = isPart ? files.filter(({ pieces }) => pieces.some(({ path }) => paths.has(path))) : files;
  return content.every(({ sha256 }) => sha256 !== undefined);
}
