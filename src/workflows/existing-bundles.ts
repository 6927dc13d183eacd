import type { BundleReader } from '../bundle/bundle-reader.ts';
import type { BundledChart, BundledImage } from '../bundle/inventory.ts';
import { PaletteEdgeError } from '../errors.ts';
import type { OpenBlobOptions } from '../oci/blob-access.ts';
import type { BlobIdentity, Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { isIndexType, isManifestType } from '../oci/media-types.ts';
import type { Warning } from '../warning.ts';
import { openBundle } from './open-bundle.ts';

/** A blob in a bundle. */
export interface BundledContent {
  /** The bundle as it was named. */
  readonly path: string;
  /** As a range it is verified by whoever takes it in; see {@link BundleReader.open}. */
  readonly open: (options: OpenBlobOptions) => Promise<AsyncIterable<Uint8Array>>;
}

/** A chart in a bundle. */
export interface ChartInBundle {
  readonly chart: BundledChart;
  /** In full, as it was before any rename. */
  readonly sourceReference: string;
  readonly manifest: Descriptor;
}

interface OpenBundle {
  readonly path: string;
  readonly reader: BundleReader;
}

/** Bundles that were built before: what is in them need not be pulled. */
export class ExistingBundles implements AsyncDisposable {
  readonly #bundles: readonly OpenBundle[];
  readonly #tell: (warning: Warning) => void;
  readonly #damaged = new Set<string>();
  readonly #warnings: Warning[] = [];

  private constructor(bundles: readonly OpenBundle[], tell: (warning: Warning) => void) {
    this.#bundles = bundles;
    this.#tell = tell;
  }

  /**
   * Opens bundles; their heads are checked, their blobs are when they are read.
   *
   * @param tell takes the warning about a bundle that turns out to be damaged
   * @throws PaletteEdgeError for a file that is missing, no bundle, damaged, or of another format version
   */
  static async open(paths: readonly string[], tell: (warning: Warning) => void): Promise<ExistingBundles> {
    const bundles: OpenBundle[] = [];
    try {
      for (const path of new Set(paths)) bundles.push({ path, reader: await openBundle(path) });
    } catch (error) {
      for (const { reader } of bundles) await reader.close();
      throw error;
    }
    return new ExistingBundles(bundles, tell);
  }

  /** How many bundles there are. */
  get count(): number {
    return this.#bundles.length;
  }

  /** Told so far. */
  get warnings(): readonly Warning[] {
    return this.#warnings;
  }

  /** A blob of one of the bundles; undefined when none has it, or only bundles that are known to be damaged. */
  async find(blob: BlobIdentity): Promise<BundledContent | undefined> {
    for (const { path, reader } of this.#bundles) {
      if (this.#damaged.has(path) || (await sizeIn(reader, blob.digest)) !== blob.size) continue;
      return { path, open: async (options) => await reader.open(blob, options) };
    }
    return undefined;
  }

  /** Bytes of a blob that {@link find} would find. */
  async sizeOf(digest: Digest): Promise<number | undefined> {
    for (const { path, reader } of this.#bundles) {
      const size = this.#damaged.has(path) ? undefined : await sizeIn(reader, digest);
      if (size !== undefined) return size;
    }
    return undefined;
  }

  /** The descriptor of an index or manifest that one of the bundles has. */
  manifest(digest: Digest): Descriptor | undefined {
    for (const { reader } of this.#bundles) {
      const found = reader.inventory.blobs.find((blob) => blob.digest === digest);
      if (found !== undefined && (isIndexType(found.mediaType) || isManifestType(found.mediaType))) {
        const { mediaType, size } = found;
        return { mediaType, digest, size };
      }
    }
    return undefined;
  }

  /**
   * What a reference stood for when the bundles were built.
   *
   * @param name the reference in full, as it was before any rename
   * @returns undefined when no bundle has it, or when they do not agree
   */
  named(name: string): Descriptor | undefined {
    const isNamed = ({ reference, sourceReference = reference }: BundledImage): boolean =>
      sourceReference === name;
    const found = this.#bundles.flatMap(({ reader }) => reader.inventory.images.filter(isNamed));
    const [first, ...others] = found;
    if (first === undefined || others.some(({ digest }) => digest !== first.digest)) return undefined;
    const { mediaType, digest, size } = first;
    return { mediaType, digest, size };
  }

  /** The charts of all bundles. */
  charts(): ChartInBundle[] {
    return this.#bundles.flatMap(({ reader: { inventory } }) => {
      const images = new Map(inventory.images.map((image) => [image.reference, image]));
      return inventory.charts.flatMap((chart): ChartInBundle[] => {
        const image = images.get(chart.reference);
        if (image === undefined) return [];
        const { sourceReference = image.reference, mediaType, digest, size } = image;
        return [{ chart, sourceReference, manifest: { mediaType, digest, size } }];
      });
    });
  }

  /**
   * Gives a bundle up that could not be read: what it has comes from elsewhere from now on.
   *
   * @throws the error itself when it is no fault of the bundle
   */
  giveUp(path: string, error: unknown): void {
    if (!(error instanceof PaletteEdgeError) || error.kind !== 'content') throw error;
    if (this.#damaged.has(path)) return;
    this.#damaged.add(path);
    const message = `the bundle ${path} is not used any more: ${error.message}`;
    const warning = { code: 'EXISTING_BUNDLE_DAMAGED', message };
    this.#warnings.push(warning);
    this.#tell(warning);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { reader } of this.#bundles) await reader.close();
  }
}

/** Of a delta bundle what is in it can be read without its bases, and nothing else. */
async function sizeIn(reader: BundleReader, digest: Digest): Promise<number | undefined> {
  return reader.needsBases(digest) ? undefined : await reader.sizeOf(digest);
}
