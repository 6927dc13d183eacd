import { runLimited } from '../io/run-limited.ts';
import type { Digest } from '../oci/digest.ts';
import type { Origin } from '../oci/origin.ts';
import type { Warning } from '../warning.ts';
import { CompanionSource } from './companion-source.ts';
import type { FetchContext } from './fetch-small.ts';
import type { FoundCompanion } from './find-companions.ts';
import type { PinnedImage } from './pin-images.ts';

/** Images with their companions. */
export interface ImagesWithCompanions {
  /** The images in their order, then the companions by name. An image that is a companion of another has that origin too. */
  readonly images: readonly PinnedImage[];
  /** `REFERRERS_UNKNOWN`, `COMPANION_LEFT_OUT` and `TOO_MANY_COMPANIONS`: none of them keeps an image out of the bundle. */
  readonly warnings: readonly Warning[];
}

/** What is too much for one image: only a mistake or a hostile registry has more. */
export interface CompanionLimits {
  /** How far a companion may be from its image: a signature of an SBOM is at 2. */
  readonly depth: number;
  /** Companions of companions included. */
  readonly count: number;
}

const defaultLimits: CompanionLimits = { depth: 4, count: 1000 };

/** The registry client bounds requests to each host; these bound what waits in memory. */
const imagesAtOnce = 32;
const manifestsAtOnce = 16;

/**
 * Finds the companions of every image, of its root and of each platform that is kept, and theirs in turn. Each manifest is
 * asked for once in its repository, however many images share it.
 *
 * @throws what is no failure of one companion: a full disk, an interruption, a bug
 */
export async function pinCompanions(
  images: readonly PinnedImage[],
  context: FetchContext,
  limits: CompanionLimits = defaultLimits,
): Promise<ImagesWithCompanions> {
  const search = new CompanionSearch(images, new CompanionSource(context), limits);
  const options = { concurrency: imagesAtOnce, signal: context.signal };
  await runLimited(images, options, async (image, signal) => await search.explore(image, signal));
  return search.result();
}

/** A manifest whose companions are sought, and the image or companion that it belongs to. */
interface Owner {
  readonly of: string;
  readonly digest: Digest;
}

interface Link {
  readonly owner: Owner;
  readonly companion: FoundCompanion;
}

/** What is found for all images; lives for one {@link pinCompanions}. */
class CompanionSearch {
  readonly #source: CompanionSource;
  readonly #limits: CompanionLimits;
  readonly #requested: ReadonlyMap<string, PinnedImage>;
  readonly #companions = new Map<string, PinnedImage>();
  /** By the name of the companion. */
  readonly #origins = new Map<string, Map<string, Origin>>();
  readonly #warnings = new Map<string, Warning>();
  /** What registries did not say, by the name of the image. */
  readonly #gaps = new Map<string, Set<string>>();

  constructor(images: readonly PinnedImage[], source: CompanionSource, limits: CompanionLimits) {
    this.#source = source;
    this.#limits = limits;
    this.#requested = new Map(images.map((image) => [image.name, image]));
  }

  async explore(image: PinnedImage, signal: AbortSignal): Promise<void> {
    const own = new Set(
      [image.graph.root, ...image.graph.images.map(({ manifest }) => manifest)].map(digestIn),
    );
    const seen = new Set(own);
    let owners: readonly Owner[] = [...own].map((digest) => ({ of: image.name, digest }));
    let room = this.#limits.count;
    for (let depth = 1; owners.length > 0; depth += 1) {
      const links = await this.#linksOf(image, owners, signal);
      // Only a registry that does not tell the truth says that an image is a companion of itself.
      const others = links.filter(({ companion }) => !own.has(companion.descriptor.digest));
      const allowed = depth > this.#limits.depth ? 0 : room;
      if (others.length > allowed) this.#warnOfTooMany(image, depth);
      owners = await this.#take(others.slice(0, allowed), { image, signal, seen });
      room = Math.max(0, room - others.length);
    }
  }

  result(): ImagesWithCompanions {
    const companions = [...this.#companions.values()].toSorted((left, right) =>
      left.name < right.name ? -1 : 1,
    );
    const images = [...this.#requested.values(), ...companions].map((image) => ({
      ...image,
      origins: [...image.origins, ...(this.#origins.get(image.name)?.values() ?? [])],
    }));
    const warnings = [...this.#warnings.values(), ...[...this.#gaps].map(gapWarning)];
    return { images, warnings: warnings.toSorted((left, right) => (left.message < right.message ? -1 : 1)) };
  }

  async #linksOf(image: PinnedImage, owners: readonly Owner[], signal: AbortSignal): Promise<Link[]> {
    const options = { concurrency: manifestsAtOnce, signal };
    const links = await runLimited(owners, options, async (owner, innerSignal) => {
      const { registry, repository } = image.reference;
      const subject = { repository: { registry, repository }, digest: owner.digest };
      const { companions, gaps } = await this.#source.find(subject, innerSignal);
      for (const gap of gaps) this.#noteGap(image, gap);
      return companions.map((companion) => ({ owner, companion }));
    });
    return links.flat();
  }

  /** @returns the companions that are new to this image, to ask for theirs */
  async #take(
    links: readonly Link[],
    {
      image,
      signal,
      seen,
    }: { readonly image: PinnedImage; readonly signal: AbortSignal; readonly seen: Set<Digest> },
  ): Promise<Owner[]> {
    const options = { concurrency: manifestsAtOnce, signal };
    const pins = await runLimited(links, options, async ({ companion, owner }, innerSignal) => ({
      owner,
      pin: await this.#source.pin(companion, innerSignal),
    }));
    const next: Owner[] = [];
    for (const { owner, pin } of pins) {
      if ('reason' in pin) {
        this.#warn(
          'COMPANION_LEFT_OUT',
          `${pin.name}, a companion of ${image.name}, is left out: ${pin.reason}`,
        );
        continue;
      }
      const { name, graph } = pin.image;
      this.#keep(pin.image, { kind: 'referrer', of: owner.of, subject: owner.digest });
      if (seen.has(graph.root.digest) || this.#requested.has(name)) continue;
      seen.add(graph.root.digest);
      next.push({ of: name, digest: graph.root.digest });
    }
    return next;
  }

  #keep(companion: PinnedImage, origin: Origin): void {
    const { name } = companion;
    if (!this.#requested.has(name)) this.#companions.set(name, companion);
    const origins = this.#origins.get(name) ?? new Map<string, Origin>();
    this.#origins.set(name, origins.set(JSON.stringify(origin), origin));
  }

  #warnOfTooMany({ name }: PinnedImage, reached: number): void {
    const { depth, count } = this.#limits;
    const what =
      reached > depth ? `companions nested more than ${depth} deep` : `more than ${count} companions`;
    this.#warn('TOO_MANY_COMPANIONS', `${name} has ${what}; the rest is left out`);
  }

  #noteGap({ name }: PinnedImage, gap: string): void {
    this.#gaps.set(name, (this.#gaps.get(name) ?? new Set<string>()).add(gap));
  }

  #warn(code: string, message: string): void {
    this.#warnings.set(`${code} ${message}`, { code, message });
  }
}

function digestIn({ digest }: { readonly digest: Digest }): Digest {
  return digest;
}

/** One for each image: a registry that refuses to say refuses it for every manifest and every tag. */
function gapWarning([name, gaps]: readonly [string, ReadonlySet<string>]): Warning {
  const [first = '', ...more] = [...gaps].toSorted();
  const others = more.length === 0 ? '' : `; and ${more.length} more like it`;
  return { code: 'REFERRERS_UNKNOWN', message: `not all companions of ${name} are known: ${first}${others}` };
}
