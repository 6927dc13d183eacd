import { walkImage } from '../oci/image-graph.ts';
import { formatReference, formatRepository } from '../oci/reference.ts';
import { fetchSmall } from './fetch-small.ts';
import type { FetchContext } from './fetch-small.ts';
import { findCompanions } from './find-companions.ts';
import type { FoundCompanion, FoundCompanions, Subject } from './find-companions.ts';
import { isFailureOfOne } from './image-failure.ts';
import type { PinnedImage } from './pin-images.ts';

/** A companion with everything below it, or why it cannot be had. */
export type CompanionPin =
  | { readonly image: PinnedImage }
  | { readonly name: string; readonly reason: string };

/** Finds and pins companions; each question goes to a registry once, however many images it is about. */
export class CompanionSource {
  readonly #context: FetchContext;
  readonly #found = new Map<string, Promise<FoundCompanions>>();
  readonly #pinned = new Map<string, Promise<CompanionPin>>();

  constructor(context: FetchContext) {
    this.#context = context;
  }

  /** See {@link findCompanions}. */
  async find(subject: Subject, signal: AbortSignal): Promise<FoundCompanions> {
    const key = `${formatRepository(subject.repository)}@${subject.digest}`;
    const known = this.#found.get(key);
    if (known !== undefined) return await known;
    const found = findCompanions(subject, { ...this.#context, signal });
    this.#found.set(key, found);
    return await found;
  }

  /**
   * Reads all manifests of a companion; platforms do not matter.
   *
   * @throws what is no failure of this one companion: an interruption, a full disk, a bug
   */
  async pin(companion: FoundCompanion, signal: AbortSignal): Promise<CompanionPin> {
    const name = formatReference(companion.reference);
    const known = this.#pinned.get(name);
    if (known !== undefined) return await known;
    const pinned = this.#walk(name, companion, signal);
    this.#pinned.set(name, pinned);
    return await pinned;
  }

  async #walk(
    name: string,
    { reference, descriptor: { mediaType, digest, size } }: FoundCompanion,
    signal: AbortSignal,
  ): Promise<CompanionPin> {
    try {
      const graph = await walkImage(
        name,
        { mediaType, digest, size },
        {
          fetch: async (descriptor) => await fetchSmall(reference, descriptor, { ...this.#context, signal }),
          platforms: undefined,
        },
      );
      return { image: { reference, name, origins: [], graph } };
    } catch (error) {
      if (!isFailureOfOne(error)) throw error;
      return { name, reason: error.message };
    }
  }
}
