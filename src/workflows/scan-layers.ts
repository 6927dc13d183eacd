import { availableParallelism } from 'node:os';

import type { BundleReader } from '../bundle/bundle-reader.ts';
import type { SqueezedLayer } from '../bundle/squeezed-inventory.ts';
import { PaletteEdgeError } from '../errors.ts';
import { countedBytes } from '../io/counted-bytes.ts';
import { runLimited } from '../io/run-limited.ts';
import { totalSize } from '../io/total-size.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { verifiedContent } from '../oci/verified-content.ts';
import { nameCount } from '../report/packages/collect-packages.ts';
import type { LayerFindings } from '../report/packages/layer-findings.ts';
import { scanLayer } from '../report/packages/scan-layer.ts';
import { layerTar } from './layer-tar.ts';
import { readToEnd } from './read-to-end.ts';

/** Each may have a database or executable of 128 MiB in memory. */
const mostAtOnce = 2;
/** Packages of all layers together: real bundles have some ten thousands. */
export const mostPackages = 1_000_000;
/** Names that all of these provide and require: real bundles have some millions. */
const mostNames = 10_000_000;

/** Told of the progress of a report; must not throw. */
export interface ReportListener {
  /** Bytes that are going to be read. */
  readonly onStart: (total: number) => void;
  readonly onBytes: (count: number) => void;
}

/** A layer, and what the configs of images say that it decompresses to. */
export interface LayerToScan extends BlobIdentity {
  readonly diffIds: ReadonlySet<Digest>;
}

/** How a layer is read. */
interface LayerSource {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly open: (signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>;
}

/**
 * Looks for packages in layers of a bundle, each once, and some at a time. Of squeezed bundles what is in the tar is read, and nothing restored,
 * wherever the image itself says by its digest what its layer decompresses to. All that is read is verified.
 *
 * @throws PaletteEdgeError `DIGEST_MISMATCH` (kind content) for damaged ones, `REPORT_TOO_LARGE`, and as reading the bundle does
 */
export async function scanLayers(
  reader: BundleReader,
  layers: readonly LayerToScan[],
  { listener, signal }: { readonly listener: ReportListener; readonly signal: AbortSignal },
): Promise<ReadonlyMap<Digest, LayerFindings>> {
  const sources = inReadingOrder(reader, layers).map(sourcesIn(reader));
  listener.onStart(totalSize(sources));
  const found = new Map<Digest, LayerFindings>();
  let [packages, names] = [0, 0];
  // Long frames are read from their beginning: two readers would decompress them twice.
  const concurrency = reader.stored.squeezed === undefined ? Math.min(mostAtOnce, availableParallelism()) : 1;
  await runLimited(sources, { concurrency, signal }, async (source, own) => {
    const content = countedBytes(await source.open(own), listener.onBytes);
    const findings = await readToEnd(content, async (bytes) => await scanLayer(layerTar(bytes), own));
    for (const { packages: some } of findings.found.values()) {
      packages += some.length;
      for (const each of some) names += nameCount(each);
    }
    if (packages > mostPackages) throw reportTooLarge();
    if (names > mostNames) throw reportTooLarge(`${mostNames} dependencies`);
    found.set(source.digest, findings);
  });
  return found;
}

/** The error for what no real bundle has. */
export function reportTooLarge(most = `${mostPackages} packages`): PaletteEdgeError {
  return new PaletteEdgeError('REPORT_TOO_LARGE', `the images have more than ${most}`, {
    kind: 'content',
    suggestions: ['Choose some of the images: --image PATTERN'],
  });
}

function inReadingOrder(reader: BundleReader, layers: readonly LayerToScan[]): LayerToScan[] {
  const wanted = new Map(layers.map((layer) => [layer.digest, layer]));
  return reader.inTarOrder().flatMap(({ digest }) => wanted.get(digest) ?? []);
}

function sourcesIn(reader: BundleReader): (layer: LayerToScan) => LayerSource {
  const squeezed = new Map<BundleReader, ReadonlyMap<Digest, SqueezedLayer>>();
  const squeezedIn = (holder: BundleReader): ReadonlyMap<Digest, SqueezedLayer> => {
    const known = squeezed.get(holder);
    if (known !== undefined) return known;
    const made = new Map(holder.stored.squeezed?.layers.map((layer) => [layer.digest, layer]));
    squeezed.set(holder, made);
    return made;
  };
  return ({ digest, size, diffIds }) => {
    const holder = reader.holderOf(digest);
    const layer = squeezedIn(holder).get(digest);
    // Who signed the bundle, signed the digest of the config, and this is what it says.
    if (layer !== undefined && diffIds.has(layer.plain)) return plainSource(holder, layer);
    return { digest, size, open: async (signal) => await reader.open({ digest, size }, { signal }) };
  };
}

function plainSource(holder: BundleReader, layer: SqueezedLayer): LayerSource {
  const { plainSize, plain } = holder.squeezedContent(layer);
  const identity = { digest: layer.plain, size: plainSize };
  const side = `reading what ${layer.digest} decompresses to`;
  return {
    digest: layer.digest,
    size: plainSize,
    open: async (signal) => await Promise.resolve(verifiedContent(identity, plain(0, signal), side)),
  };
}
