import { runLimited } from '../io/run-limited.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { formatReference } from '../oci/reference.ts';
import type { Reference } from '../oci/reference.ts';
import type { RegistryPusher } from '../registry/registry-pusher.ts';
import { isFailureOfOne } from './image-failure.ts';
import type { PaletteEdgeError } from '../errors.ts';

/** A manifest that others are about. */
export interface ReferrersPlace {
  readonly repository: Pick<Reference, 'registry' | 'repository'>;
  readonly subject: Digest;
}

interface Pending {
  readonly place: ReferrersPlace;
  readonly manifests: Map<Digest, Descriptor>;
}

/** What was pushed with a subject, until it is sure that the registry lists it. */
export class PushedReferrers {
  readonly #pending = new Map<string, Pending>();
  readonly #taken = new Set<string>();

  /** Takes note of a manifest that is in the repository, or is going to be. */
  add(place: ReferrersPlace, manifest: Descriptor): void {
    const name = nameOf(place);
    const pending = this.#pending.get(name) ?? { place, manifests: new Map<Digest, Descriptor>() };
    this.#pending.set(name, pending);
    pending.manifests.set(manifest.digest, manifest);
  }

  /** The registry has said that it lists this one. */
  taken(place: ReferrersPlace, { digest }: Descriptor): void {
    this.#taken.add(`${nameOf(place)} ${digest}`);
  }

  /**
   * Sees to it that the rest is listed, in a list under the fallback tag where the registry has no API for it.
   *
   * @returns the manifests that are not listed, and why
   * @throws what is no failure of one list: an interruption, a bug
   */
  async keep(options: {
    readonly pusher: RegistryPusher;
    readonly concurrency: number;
    readonly signal: AbortSignal;
  }): Promise<ReadonlyMap<Digest, PaletteEdgeError>> {
    const failed = new Map<Digest, PaletteEdgeError>();
    await runLimited([...this.#pending], options, async ([name, { place, manifests }], signal) => {
      const wanted = [...manifests.values()].filter(({ digest }) => !this.#taken.has(`${name} ${digest}`));
      if (wanted.length === 0) return;
      try {
        await options.pusher.keepReferrers(place, wanted, signal);
      } catch (error) {
        if (!isFailureOfOne(error)) throw error;
        for (const { digest } of wanted) failed.set(digest, error);
      }
    });
    return failed;
  }
}

function nameOf({ repository, subject }: ReferrersPlace): string {
  return formatReference({ ...repository, digest: subject });
}
