import pLimit from 'p-limit';

import { PaletteEdgeError } from '../errors.ts';
import { HttpStatusError } from '../http/http-status-error.ts';
import type { BlobReader } from '../oci/blob-access.ts';
import type { Digest } from '../oci/digest.ts';
import { readWholeBlob } from '../oci/read-whole-blob.ts';
import { formatReference } from '../oci/reference.ts';
import type { ManifestTarget } from '../registry/manifest-answer.ts';
import type { RegistryPusher } from '../registry/registry-pusher.ts';
import { manifestPlace } from './ask-target.ts';
import type { ImageToPush, TargetState } from './ask-target.ts';
import { listedReferrers } from './listed-referrers.ts';
import { listedSubject } from './listed-subject.ts';
import type { ManifestToPush } from './push-content.ts';
import type { PushedReferrers } from './push-referrers.ts';

/** The parts of putting manifests. */
export interface ManifestOptions {
  readonly pusher: RegistryPusher;
  readonly blobs: BlobReader;
  readonly state: TargetState;
  readonly referrers: PushedReferrers;
  readonly concurrency: number;
  readonly signal: AbortSignal;
}

/** Puts the manifests of images whose blobs are there: what a manifest names first, the tag last. */
export class ManifestPusher {
  readonly #options: ManifestOptions;
  /** What is put at a time, and so how many manifests are in memory. */
  readonly #limited: ReturnType<typeof pLimit>;
  /** What was put in this run, or is being put: images share manifests. */
  readonly #puts = new Map<string, Promise<void>>();

  constructor(options: ManifestOptions) {
    this.#options = options;
    this.#limited = pLimit(options.concurrency);
  }

  /**
   * Puts the manifests of one image.
   *
   * @throws PaletteEdgeError `SPARSE_INDEX_REFUSED`, or as {@link RegistryPusher.putManifest}
   */
  async push(image: ImageToPush): Promise<void> {
    const { state, referrers } = this.#options;
    const { repository, tag, content } = image;
    for (const manifest of content.manifests) {
      const { descriptor, subject } = manifest;
      const { digest } = descriptor;
      if (digest === content.root.digest && tag !== undefined) await this.#tag(image, manifest, tag);
      else if (!state.present.has(manifestPlace(repository, digest)))
        await this.#putOnce(image, manifest, { digest });
      if (subject !== undefined) referrers.add({ repository, subject }, descriptor);
    }
  }

  async #tag(image: ImageToPush, root: ManifestToPush, tag: string): Promise<void> {
    const { tags, listed } = this.#options.state;
    const name = formatReference({ ...image.repository, tag });
    const present = tags.get(name);
    if (present === root.descriptor.digest || listed.has(name)) return;
    const subject = listedSubject(tag);
    if (present === undefined || subject === undefined) return await this.#putOnce(image, root, { tag });
    // The registry has a list of its own, and what it names must not get lost.
    await this.#addToList(image, subject);
  }

  async #addToList({ repository, content }: ImageToPush, subject: Digest): Promise<void> {
    const { blobs, referrers, signal } = this.#options;
    for (const entry of await listedReferrers(content, blobs, signal))
      referrers.add({ repository, subject }, entry);
  }

  async #putOnce(image: ImageToPush, manifest: ManifestToPush, target: ManifestTarget): Promise<void> {
    const name = formatReference({ ...image.repository, ...target });
    const put = this.#puts.get(name) ?? this.#limited(async () => await this.#put(image, manifest, target));
    this.#puts.set(name, put);
    await put;
  }

  async #put(
    image: ImageToPush,
    { descriptor, subject }: ManifestToPush,
    target: ManifestTarget,
  ): Promise<void> {
    const { pusher, blobs, referrers, signal } = this.#options;
    const { repository } = image;
    const bytes = await readWholeBlob(blobs, descriptor, signal);
    try {
      const { hasTakenSubject } = await pusher.putManifest(
        { repository, target },
        { descriptor, bytes },
        signal,
      );
      if (subject !== undefined && hasTakenSubject) referrers.taken({ repository, subject }, descriptor);
    } catch (error) {
      throw isRefusal(error) && isSparse(image, descriptor.digest) ? sparseRefused(image, error) : error;
    }
  }
}

function isSparse({ content }: ImageToPush, digest: Digest): boolean {
  return content.omittedPlatforms.length > 0 && digest === content.root.digest;
}

function isRefusal(error: unknown): error is PaletteEdgeError {
  if (!(error instanceof PaletteEdgeError) || !(error.cause instanceof HttpStatusError)) return false;
  return [400, 404, 412, 422].includes(error.cause.status);
}

function sparseRefused({ entries, content }: ImageToPush, cause: PaletteEdgeError): PaletteEdgeError {
  const held = [...new Set(entries.flatMap(({ platforms }) => platforms))].toSorted();
  const message = `${cause.message}; the bundle does not hold all platforms of this image index, and the registry takes only whole ones: left out are ${content.omittedPlatforms.join(', ')}`;
  return new PaletteEdgeError('SPARSE_INDEX_REFUSED', message, {
    kind: 'failure',
    cause,
    suggestions: held.map(
      (platform) => `Push the image of one platform under the tag: --platform ${platform}`,
    ),
  });
}
