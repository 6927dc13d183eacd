import { PaletteEdgeError } from '../errors.ts';
import { isRecord } from '../io/is-record.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { walkImage } from '../oci/image-graph.ts';
import type { ImageGraph } from '../oci/image-graph.ts';
import { maximumManifestSize } from '../oci/manifest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import { isCompanion } from '../oci/origin.ts';
import { readWholeBlob } from '../oci/read-whole-blob.ts';
import { bareGraphImage } from './bare-graph.ts';
import type { BundleReader } from './bundle-reader.ts';
import { countGraphBlobs, mostGraphBlobs, mostManifestBytes } from './graph-limits.ts';
import { cleanText } from './inventory.ts';
import type { BundledChart, BundledImage } from './inventory.ts';
import { keptPlatforms } from './kept-platforms.ts';

/** A bundle of which manifests and configs can be opened. */
export type VerifiableBundle = Pick<
  BundleReader,
  'inventory' | 'files' | 'stored' | 'lacksBases' | 'sizeOf' | 'open'
>;

/** Something wrong with what an image consists of. */
interface ImageFault {
  readonly digest: Digest;
  readonly image: string;
  readonly message: string;
}

/** What walking all images of a bundle told. */
export interface WalkedImages {
  readonly faults: readonly ImageFault[];
  /** The images that need a blob, by digest, as far as undamaged manifests tell. */
  readonly needs: ReadonlyMap<Digest, ReadonlySet<string>>;
  /** The images of each root; undefined when a damaged or missing manifest left some out. */
  readonly graphs: ReadonlyMap<Digest, Pick<ImageGraph, 'images'>> | undefined;
}

const excess = `what all images need is too much to verify: over ${mostGraphBlobs} blobs, or 256 MiB of manifests`;

/**
 * Walks every image of the inventory through the bundle's own manifests: each kept manifest may name only blobs that the
 * bundle holds, and the platforms must be those of the inventory.
 *
 * @param damaged blobs that are known not to match their digest; they are not read
 */
export async function walkBundledImages(
  reader: VerifiableBundle,
  damaged: ReadonlySet<Digest>,
  signal: AbortSignal | undefined,
): Promise<WalkedImages> {
  const faults: ImageFault[] = [];
  const needs = new Map<Digest, Set<string>>();
  const graphs = new Map<Digest, Pick<ImageGraph, 'images'>>();
  const budget = { manifestBytes: mostManifestBytes, needs: mostGraphBlobs };
  let isComplete = true;
  const charts = new Map(reader.inventory.charts.map((chart) => [chart.reference, chart]));
  for (const image of reader.inventory.images) {
    signal?.throwIfAborted();
    const walk = new BundledImageWalk(reader, { image, chart: charts.get(image.reference), damaged, budget });
    const graph = await walk.run();
    for (const digest of walk.needed) {
      needs.set(digest, (needs.get(digest) ?? new Set<string>()).add(image.reference));
    }
    faults.push(...walk.faults);
    if (graph === undefined) isComplete = false;
    else graphs.set(image.digest, { images: graph.images.map(bareGraphImage) });
  }
  return { faults, needs, graphs: isComplete ? graphs : undefined };
}

interface WalkContext {
  readonly image: BundledImage;
  readonly chart: BundledChart | undefined;
  /** Not read. */
  readonly damaged: ReadonlySet<Digest>;
  /** What is left of it. */
  readonly budget: { manifestBytes: number; needs: number };
}

/** Stands for a manifest that cannot be read: it names nothing, so the walk goes on with its siblings. */
const emptyManifest = Buffer.from(`{"mediaType":"${mediaTypes.ociIndex}","manifests":[]}`);

/** One image being walked. */
class BundledImageWalk {
  readonly needed = new Set<Digest>();
  readonly faults: ImageFault[] = [];
  readonly #reader: VerifiableBundle;
  readonly #damaged: ReadonlySet<Digest>;
  readonly #budget: WalkContext['budget'];
  readonly #image: BundledImage;
  readonly #chart: BundledChart | undefined;
  #isComplete = true;

  constructor(reader: VerifiableBundle, { image, chart, damaged, budget }: WalkContext) {
    this.#reader = reader;
    this.#damaged = damaged;
    this.#budget = budget;
    this.#image = image;
    this.#chart = chart;
  }

  /** @returns the graph, or undefined when not all of it could be read */
  async run(): Promise<ImageGraph | undefined> {
    const { digest, platforms, omittedPlatforms } = this.#image;
    this.needed.add(digest);
    const graph = await this.#walk();
    if (graph === undefined) return undefined;
    for (const { descriptor } of graph.blobs) await this.#need(descriptor);
    if (!this.#isComplete) return undefined;
    if (!sameTexts(graph.platforms, platforms) || !sameTexts(graph.omittedPlatforms, omittedPlatforms)) {
      this.#fault(digest, 'its platforms are not those of the inventory');
    }
    this.#checkType(graph);
    await this.#checkChart(graph);
    return graph;
  }

  #checkType({ artifactType }: ImageGraph): void {
    const isTold = isCompanion(this.#image) || this.#image.artifactType !== undefined;
    if (isTold && artifactType !== this.#image.artifactType)
      this.#fault(this.#image.digest, 'its type is not that of the inventory');
  }

  /** Name and version of a chart are those of its config, which is its Chart.yaml as JSON. */
  async #checkChart({ root, blobs }: ImageGraph): Promise<void> {
    const chart = this.#chart;
    if (chart === undefined) return;
    const config = blobs.find(({ descriptor }) => descriptor.mediaType === mediaTypes.helmConfig)?.descriptor;
    if (config === undefined) return this.#fault(root.digest, 'it has no config of a chart');
    // That it is damaged is told already.
    if (this.#damaged.has(config.digest)) return;
    const { name, version } = await this.#readConfig(config);
    if (name !== chart.name || version !== chart.version)
      this.#fault(config.digest, `the chart is not ${chart.name} ${chart.version}, as the inventory says`);
  }

  async #readConfig(config: Descriptor): Promise<{ readonly name?: string; readonly version?: string }> {
    if (config.size > maximumManifestSize) return {};
    const document = parsedJson(await readWholeBlob(this.#reader, config));
    const { name, version } = isRecord(document) ? document : {};
    return typeof name === 'string' && typeof version === 'string'
      ? { name: cleanText(name), version: cleanText(version) }
      : {};
  }

  /** @returns undefined after telling of a fault */
  async #walk(): Promise<ImageGraph | undefined> {
    const { reference, digest, size, mediaType } = this.#image;
    const root = { digest, size, mediaType };
    try {
      this.#spend('needs', 0);
      const graph = await walkImage(reference, root, {
        fetch: async (descriptor) => await this.#fetch(descriptor),
        platforms: keptPlatforms(this.#image),
      });
      this.#spend('needs', countGraphBlobs(graph));
      return graph;
    } catch (error) {
      if (!(error instanceof PaletteEdgeError) || error.kind !== 'content') throw error;
      this.#fault(digest, error.message);
      return undefined;
    }
  }

  /** Once it is spent, it is for all images that follow. */
  #spend(what: keyof WalkContext['budget'], count: number): void {
    this.#budget[what] -= count;
    if (this.#budget.needs < 0 || this.#budget.manifestBytes < 0) throw tooLarge(excess);
  }

  async #fetch(descriptor: Descriptor): Promise<Uint8Array> {
    if (!(await this.#need(descriptor)) || this.#damaged.has(descriptor.digest)) {
      this.#isComplete = false;
      return emptyManifest;
    }
    if (descriptor.size > maximumManifestSize) throw tooLarge(`${descriptor.digest} is over 4 MiB`);
    this.#spend('manifestBytes', descriptor.size);
    return await readWholeBlob(this.#reader, descriptor);
  }

  /** @returns whether the bundle has it */
  async #need({ digest, size }: Descriptor): Promise<boolean> {
    const isKnown = this.needed.has(digest);
    this.needed.add(digest);
    const bundled = await this.#reader.sizeOf(digest);
    if (bundled === size) return true;
    this.#isComplete = false;
    if (!isKnown)
      this.#fault(digest, bundled === undefined ? 'the bundle does not hold it' : 'its size is wrong');
    return false;
  }

  #fault(digest: Digest, message: string): void {
    this.faults.push({ digest, image: this.#image.reference, message });
  }
}

function tooLarge(reason: string): PaletteEdgeError {
  return new PaletteEdgeError('MANIFEST_INVALID', reason, { kind: 'content' });
}

function parsedJson(bytes: Uint8Array): unknown {
  try {
    const document: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return document;
  } catch {
    return undefined;
  }
}

function sameTexts(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((text, index) => text === right[index]);
}
