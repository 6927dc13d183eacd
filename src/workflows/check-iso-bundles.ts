import { checkBundleBlobs } from './check-bundle-blobs.ts';
import type { IsoListener } from './create-iso.ts';
import type { IsoContent, IsoContentBundle } from './iso-content.ts';

/**
 * Verifies the bundles that no checksum vouches for, neither a `.sha256` beside it nor a list of parts. The others are compared with it
 * when they are hashed.
 *
 * @throws PaletteEdgeError `BUNDLE_DAMAGED` (kind content)
 */
export async function checkIsoBundles(
  { bundles }: IsoContent,
  { onPhase, onBytes }: IsoListener,
  signal: AbortSignal,
): Promise<void> {
  const onStart = (size: number): void => onPhase('verifying', size);
  for (const bundle of bundles) {
    if (!isVouchedFor(bundle)) await checkBundleBlobs(bundle.source, { signal, onStart, onBytes });
  }
}

function isVouchedFor({ parts, isSplit, files }: IsoContentBundle): boolean {
  const isPart = parts !== undefined && isSplit !== true;
  const paths = new Set(parts);
  const content = isPart ? files.filter(({ pieces }) => pieces.some(({ path }) => paths.has(path))) : files;
  return content.every(({ sha256 }) => sha256 !== undefined);
}
