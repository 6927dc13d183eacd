import { checkBundleBlobs } from './check-bundle-blobs.ts';
import type { IsoListener } from './create-iso.ts';
import type { IsoContent, IsoContentBundle } from './iso-content.ts';

/**
 * Verifies the bundles that no checksum vouches for, neither a `.sha256` beside it nor a list of parts, and all that must be signed. The others are
 * compared with it when they are hashed.
 *
 * @throws PaletteEdgeError `BUNDLE_DAMAGED` (kind content), and what opening it throws
 */
export async function checkIsoBundles(
  { bundles, trust }: IsoContent,
  { onPhase, onBytes }: IsoListener,
  signal: AbortSignal,
): Promise<void> {
  const onStart = (size: number): void => onPhase('verifying', size);
  for (const bundle of bundles) {
    if (trust !== undefined || !isVouchedFor(bundle))
      await checkBundleBlobs(bundle.source, { signal, trust, onStart, onBytes });
  }
}

function isVouchedFor({ parts, isSplit, files }: IsoContentBundle): boolean {
  const isPart = parts !== undefined && isSplit !== true;
  const paths = new Set(parts);
  const content = isPart ? files.filter(({ pieces }) => pieces.some(({ path }) => paths.has(path))) : files;
  return content.every(({ sha256 }) => sha256 !== undefined);
}
