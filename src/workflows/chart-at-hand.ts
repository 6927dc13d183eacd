import { maximumArchiveSize } from '../chart/chart-archive.ts';
import { chartMediaTypes } from '../chart/chart-artifact.ts';
import type { Digest } from '../oci/digest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import { maximumManifestSize, parseManifest } from '../oci/manifest.ts';
import { bundledChart } from './bundled-charts.ts';
import type { ChartToPin } from './chart-to-pin.ts';
import type { ExistingBundles } from './existing-bundles.ts';
import type { FetchContext } from './fetch-small.ts';
import { readAtHand, readDigestAtHand } from './read-at-hand.ts';

/** Where charts may be that nobody is asked for. */
export interface ChartsAtHand {
  readonly openStore: () => Promise<FetchContext['store']>;
  readonly bundles: ExistingBundles;
  readonly signal: AbortSignal;
}

/** An archive and the version that it has. */
export interface FoundArchive {
  /** The `.tgz`. */
  readonly archive: Uint8Array;
  readonly version: string;
}

/**
 * The archive of a chart from the store or an existing bundle: the one that is pinned, else what it was when existing bundles
 * were built.
 *
 * @returns undefined when neither has it
 * @throws PaletteEdgeError those of the store, and `MANIFEST_INVALID` (kind content)
 */
export async function chartAtHand(
  request: ChartToPin,
  places: ChartsAtHand,
): Promise<FoundArchive | undefined> {
  const { bundles, signal } = places;
  const { digest: asked, pin = asked, version } = request;
  const known = pin === undefined ? await bundledChart(request, bundles, signal) : { version, digest: pin };
  if (known === undefined) return undefined;
  const context = { store: await places.openStore(), bundles, signal };
  const archive = request.repository.startsWith('oci://')
    ? await archiveOfManifest(known.digest, context)
    : await readDigestAtHand(known.digest, maximumArchiveSize, context);
  return archive === undefined ? undefined : { archive, version: known.version };
}

async function archiveOfManifest(
  digest: Digest,
  context: Pick<FetchContext, 'store' | 'bundles' | 'signal'>,
): Promise<Uint8Array | undefined> {
  const bytes = await readDigestAtHand(digest, maximumManifestSize, context);
  if (bytes === undefined) return undefined;
  const manifest = parseManifest(bytes, mediaTypes.ociManifest, digest);
  const layers = manifest.kind === 'image' ? manifest.layers : [];
  const layer = layers.find(({ mediaType }) => mediaType === chartMediaTypes.content);
  const isFitting = layer !== undefined && layer.size <= maximumArchiveSize;
  return isFitting ? await readAtHand(layer, context) : undefined;
}
