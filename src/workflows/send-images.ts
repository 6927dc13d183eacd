import type { PaletteEdgeError } from '../errors.ts';
import { runLimited } from '../io/run-limited.ts';
import { untilAborted } from '../io/until-aborted.ts';
import type { Digest } from '../oci/digest.ts';
import type { RegistryPusher } from '../registry/registry-pusher.ts';
import { blobPlace } from './ask-target.ts';
import type { ImageToPush, TargetState } from './ask-target.ts';
import { isFailureOfOne } from './image-failure.ts';
import type { PushPlan } from './plan-push.ts';
import { pushBlobs } from './push-blobs.ts';
import type { PushedBlobs, SendReport } from './push-blobs.ts';
import type { PushListener } from './push-event.ts';
import { ManifestPusher } from './push-manifests.ts';
import { PushedReferrers } from './push-referrers.ts';

/** The parts of sending images. */
export interface SendParts {
  readonly pusher: RegistryPusher;
  readonly blobs: PushedBlobs;
  readonly state: TargetState;
  readonly plan: PushPlan;
  readonly concurrency: number;
  readonly listener: PushListener;
  readonly signal: AbortSignal;
}

/** What became of images. */
interface SentImages {
  readonly report: SendReport;
  readonly failed: ReadonlyMap<ImageToPush, PaletteEdgeError>;
}

/**
 * Sends blobs, and the manifests of each image as soon as its blobs are there: when this is interrupted, what was tagged is whole.
 * Companions come after the images.
 *
 * @throws what is no failure of one image: a disk that cannot be read, an interruption, a bug
 */
export async function sendImages(images: readonly ImageToPush[], parts: SendParts): Promise<SentImages> {
  const { plan, listener, signal } = parts;
  const failed = new Map<ImageToPush, PaletteEdgeError>();
  const arrivals = new BlobArrivals(plan);
  const referrers = new PushedReferrers();
  let report: SendReport = { bytesSent: 0, uploaded: 0, mounted: 0 };
  listener({ kind: 'sending', total: plan.bytesToSend });
  const onPlace = (place: string, error: PaletteEdgeError | undefined): void => arrivals.arrive(place, error);
  const sendBlobs = async (own: AbortSignal): Promise<void> => {
    report = await pushBlobs(plan.blobs, { ...parts, onPlace, signal: own });
  };
  const putManifests = async (own: AbortSignal): Promise<void> => {
    const manifests = new ManifestPusher({ ...parts, referrers, signal: own });
    for (const isCompanion of [false, true]) {
      const wave = images.filter((image) => image.isCompanion === isCompanion);
      // Those that wait for their blobs must not keep others from being finished.
      const limits = { concurrency: Math.max(1, wave.length), signal: own };
      await runLimited(wave, limits, async (image, ownSignal) => {
        try {
          await arrivals.of(image, ownSignal);
          await manifests.push(image);
        } catch (error) {
          if (!isFailureOfOne(error)) throw error;
          failed.set(image, error);
        }
      });
    }
  };
  const jobs = [sendBlobs, putManifests];
  await runLimited(jobs, { concurrency: jobs.length, signal }, async (job, own) => await job(own));
  const unlisted = await referrers.keep(parts);
  for (const image of images) {
    const error = unlistedError(image, unlisted);
    if (error !== undefined && !failed.has(image)) failed.set(image, error);
  }
  return { report, failed };
}

/** Blobs on their way to where they are missing. */
class BlobArrivals {
  readonly #places: ReadonlyMap<string, PromiseWithResolvers<PaletteEdgeError | undefined>>;

  constructor({ blobs }: PushPlan) {
    const places = blobs.flatMap(({ blob, missingIn }) =>
      missingIn.map((repository) => blobPlace(repository, blob.digest)),
    );
    this.#places = new Map(places.map((place) => [place, Promise.withResolvers()]));
  }

  arrive(place: string, error: PaletteEdgeError | undefined): void {
    this.#places.get(place)?.resolve(error);
  }

  /**
   * Waits for all blobs of an image.
   *
   * @throws PaletteEdgeError that of the first one that did not get there; the signal's reason when aborted
   */
  async of({ repository, content }: ImageToPush, signal: AbortSignal): Promise<void> {
    for (const { digest } of content.manifests.flatMap(({ blobs }) => blobs)) {
      const arrival = this.#places.get(blobPlace(repository, digest));
      const error = arrival === undefined ? undefined : await untilAborted(arrival.promise, signal);
      if (error !== undefined) throw error;
    }
  }
}

function unlistedError(
  { content }: ImageToPush,
  unlisted: ReadonlyMap<Digest, PaletteEdgeError>,
): PaletteEdgeError | undefined {
  return content.manifests
    .filter(({ subject }) => subject !== undefined)
    .map(({ descriptor }) => unlisted.get(descriptor.digest))
    .find((error) => error !== undefined);
}
