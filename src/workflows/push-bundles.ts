import type { PaletteEdgeError } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import type { Warning } from '../warning.ts';
import type { BasePool } from './base-pool.ts';
import { askTarget, blobPlace, manifestPlace } from './ask-target.ts';
import type { ImageToPush, TargetState } from './ask-target.ts';
import { PushBlobReader } from './push-blob-reader.ts';
import { RestoredLayers } from './restored-layers.ts';
import type { OpenBundle } from './bundle-blobs.ts';
import { isFailureOfOne, reportFailure } from './image-failure.ts';
import { openBundlesAndBases } from './open-bundles.ts';
import { planPush, withMounts } from './plan-push.ts';
import type { PushPlan } from './plan-push.ts';
import { readPushContent } from './push-content.ts';
import type { PushInput, PushResources } from './push-input.ts';
import { pushNames } from './push-names.ts';
import type { NamedImage } from './push-names.ts';
import { nothingPushed } from './push-result.ts';
import type { PushResult } from './push-result.ts';
import { selectImages } from './select-images.ts';
import { sendImages } from './send-images.ts';
import type { SendReport } from './push-blobs.ts';

/**
 * Pushes what bundles hold to a registry, straight from the bundles: what is there already is not sent. An image that fails does not
 * stop the others, and a tag never stands for half of one.
 *
 * @throws PaletteEdgeError for a bundle that cannot be opened, for names that do not work (kind usage), and `PUSH_FAILED` when no
 *   image got there; the signal's reason when aborted
 */
export async function pushBundles(
  input: PushInput,
  resources: PushResources,
  signal: AbortSignal,
): Promise<PushResult> {
  await using opened = new AsyncDisposableStack();
  const { bundles, pool } = await openBundlesAndBases(input, opened, signal);
  const restored = opened.use(new RestoredLayers(resources.restored));
  return await new PushUnderWay(input, resources, { bundles, pool, restored, signal }).run();
}

interface PushContext {
  readonly bundles: readonly OpenBundle[];
  readonly pool: BasePool;
  readonly restored: RestoredLayers;
  readonly signal: AbortSignal;
}

/** One push; lives for one {@link pushBundles}. */
class PushUnderWay {
  readonly #input: PushInput;
  readonly #resources: PushResources;
  readonly #context: PushContext;
  readonly #blobs: PushBlobReader;
  /** By reference. */
  readonly #failed = new Map<string, PaletteEdgeError>();
  readonly #warnings: Warning[] = [];
  #retries = 0;

  constructor(input: PushInput, resources: PushResources, context: PushContext) {
    this.#input = input;
    this.#resources = resources;
    this.#context = context;
    this.#blobs = new PushBlobReader(context.bundles, context.restored);
  }

  async run(): Promise<PushResult> {
    const { createPusher, concurrency, listener, now } = this.#resources;
    const { signal } = this.#context;
    const startedAt = now();
    const named = this.#nameImages();
    // Of what is taken from elsewhere: all images that are not there are told at once.
    await this.#require(named.map(({ entries }) => entries[0].digest));
    const images = this.#withoutStrays(await this.#readContents(named));
    const pusher = createPusher((retry) => {
      this.#retries += 1;
      listener({ kind: 'retry', retry });
    });
    listener({ kind: 'asking', images: images.length });
    const state = await askTarget(images, { pusher, blobs: this.#blobs, concurrency, signal });
    const askable = images.filter((image) => this.#isAskable(image, state));
    const plan = await this.#planned(askable, state);
    listener({ kind: 'planned', plan });
    if (this.#input.isDryRun) return this.#result(named, { plan, seconds: (now() - startedAt) / 1000 });
    const parts = { pusher, blobs: this.#blobs, state, plan, concurrency, listener, signal };
    const { report, failed } = await sendImages(askable, parts);
    for (const [image, error] of failed) this.#fail(image, error);
    return this.#result(named, { plan, report, seconds: (now() - startedAt) / 1000 });
  }

  /** What is needed of bases that are elsewhere is asked for now: nothing is sent before it is known to be there. */
  async #planned(images: readonly ImageToPush[], state: TargetState): Promise<PushPlan> {
    const plan = planPush(images, state);
    const { pool } = this.#context;
    if (!pool.asksElsewhere) return plan;
    const unheld = plan.blobs.filter(({ heldBy }) => heldBy === undefined);
    await this.#require(unheld.map(({ blob }) => blob.digest));
    const { registry } = this.#input.naming.destination;
    return withMounts(plan, (digest) => {
      const found = pool.repositoryOf(digest);
      return found?.registry === registry ? found.repository : undefined;
    });
  }

  async #require(digests: readonly Digest[]): Promise<void> {
    const { bundles, pool, signal } = this.#context;
    const wanted = new Set(digests);
    for (const bundle of bundles) {
      const own = bundle.reader.inventory.blobs.filter(({ digest }) => wanted.has(digest));
      await pool.require(
        bundle,
        signal,
        own.map(({ digest }) => digest),
      );
    }
  }

  #nameImages(): readonly NamedImage[] {
    const { naming, patterns } = this.#input;
    const inventories = this.#context.bundles.map(({ reader }) => reader.inventory);
    const selected = selectImages(
      inventories.map(({ images }) => images),
      patterns,
    );
    const files = inventories.reduce((sum, { rawFiles = [] }) => sum + rawFiles.length, 0);
    const message = `a registry takes no raw files: ${files} of the bundle are not pushed`;
    for (const warning of selected.warnings) this.#warn(warning);
    if (files > 0) this.#warn({ code: 'FILES_NOT_PUSHED', message });
    return pushNames(selected.images, naming);
  }

  async #readContents(named: readonly NamedImage[]): Promise<ImageToPush[]> {
    const { platform } = this.#input;
    const { signal } = this.#context;
    const images: ImageToPush[] = [];
    for (const image of named) {
      signal.throwIfAborted();
      try {
        images.push({ ...image, content: await readPushContent(image, this.#blobs, { platform, signal }) });
      } catch (error) {
        this.#fail(image, error);
      }
    }
    return images;
  }

  /** With a platform chosen, companions of what is not pushed are of no use. */
  #withoutStrays(images: readonly ImageToPush[]): readonly ImageToPush[] {
    if (this.#input.platform === undefined) return images;
    const kept = new Set(images.filter(({ isCompanion }) => !isCompanion));
    const pushed = new Set<Digest>();
    // A set is iterated to its end, what is added meanwhile included.
    for (const { content } of kept) {
      for (const { descriptor } of content.manifests) pushed.add(descriptor.digest);
      for (const image of images) if (isAbout(image, pushed)) kept.add(image);
    }
    return images.filter((image) => kept.has(image));
  }

  /**
   * Whether the registry told what it has of an image. That it refuses to tell is no failure yet: some do of what they do not have,
   * and take it all the same.
   */
  #isAskable(image: ImageToPush, { unknown }: TargetState): boolean {
    const { repository, content } = image;
    const places = content.manifests.flatMap(({ descriptor, blobs }) => [
      manifestPlace(repository, descriptor.digest),
      ...blobs.map(({ digest }) => blobPlace(repository, digest)),
    ]);
    const error = places
      .map((place) => unknown.get(place))
      .find((found) => found !== undefined && (this.#input.isDryRun || found.kind !== 'authentication'));
    if (error !== undefined) this.#fail(image, error);
    return error === undefined;
  }

  #result(
    named: readonly NamedImage[],
    {
      plan,
      report,
      seconds,
    }: { readonly plan: PushPlan; readonly report?: SendReport; readonly seconds: number },
  ): PushResult {
    const { isDryRun, naming } = this.#input;
    const failures = named.flatMap((image) => {
      const error = this.#failed.get(image.reference);
      return error === undefined ? [] : [{ name: image.reference, origins: image.entries[0].origins, error }];
    });
    const failed = new Set(failures.map(({ name }) => name));
    const pushed = plan.images.filter(({ reference }) => !failed.has(reference));
    if (failures.length > 0 && pushed.length === 0) throw nothingPushed(failures);
    const { registry, path } = naming.destination;
    return {
      destination: path === '' ? registry : `${registry}/${path}`,
      isDryRun,
      images: pushed,
      failures: failures.map(reportFailure),
      warnings: this.#warnings,
      statistics: {
        bytesToSend: plan.bytesToSend,
        bytesPresent: plan.bytesPresent,
        bytesSent: report?.bytesSent ?? 0,
        blobsUploaded: report?.uploaded ?? 0,
        blobsMounted: report?.mounted ?? 0,
        retries: this.#retries,
        seconds,
      },
    };
  }

  #warn(warning: Warning): void {
    this.#warnings.push(warning);
    this.#resources.listener({ kind: 'warning', warning });
  }

  /** @throws the error itself when it is no failure of one image */
  #fail({ reference }: NamedImage, error: unknown): void {
    // What is missing of a base is told before anything is sent.
    if (!isFailureOfOne(error) || error.code === 'BASE_NEEDED') throw error;
    if (!this.#failed.has(reference)) this.#failed.set(reference, error);
  }
}

function isAbout({ entries }: ImageToPush, pushed: ReadonlySet<Digest>): boolean {
  return entries.some(({ origins }) =>
    origins.some((origin) => origin.kind === 'referrer' && pushed.has(origin.subject)),
  );
}
