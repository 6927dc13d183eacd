import { formatRepository } from '../oci/reference.ts';
import type { Reference } from '../oci/reference.ts';

/** Repositories of one name that are compared: every image that is found is compared with all of them. */
const maximumNamesakes = 200;

/** The images that are asked for already, by what makes two references the same image. */
export class ListedImages {
  readonly #exact = new Set<string>();
  readonly #repositories = new Set<string>();
  /** Repositories by last part of the name and tag. */
  readonly #byName = new Map<string, Set<string>>();

  constructor(references: readonly Reference[]) {
    for (const reference of references) {
      const repository = formatRepository(reference);
      this.#repositories.add(repository);
      for (const version of versionsOf(reference)) {
        this.#exact.add(`${repository} ${version}`);
        this.#addName(`${lastPart(reference)} ${version}`, reference.repository);
      }
      this.#addName(lastPart(reference), reference.repository);
    }
  }

  /**
   * Whether a list has the image: as it is, or at another registry, where the path before the name may be longer.
   *
   * @param isTagged false when only the repository is known: then any tag fits
   */
  find(reference: Reference, isTagged: boolean): 'listed' | 'elsewhere' | undefined {
    const repository = formatRepository(reference);
    const versions = versionsOf(reference);
    if (
      isTagged
        ? versions.some((version) => this.#exact.has(`${repository} ${version}`))
        : this.#repositories.has(repository)
    )
      return 'listed';
    const names = isTagged
      ? versions.map((version) => `${lastPart(reference)} ${version}`)
      : [lastPart(reference)];
    const others = names.flatMap((name) => [...(this.#byName.get(name) ?? [])]);
    return others.some((other) => isSamePath(other, reference.repository)) ? 'elsewhere' : undefined;
  }

  #addName(name: string, repository: string): void {
    const known = this.#byName.get(name) ?? new Set();
    this.#byName.set(name, known);
    if (known.size < maximumNamesakes) known.add(repository);
  }
}

/** Tag and digest each for itself; `v1.0` and `1.0` are taken for one: charts write either for the version of the app. */
function versionsOf({ tag, digest }: Reference): string[] {
  const versions = tag === undefined ? [] : [tag.replace(/^v(?=\d)/, '')];
  return digest === undefined ? versions : [...versions, digest];
}

function lastPart({ repository }: Reference): string {
  return repository.slice(repository.lastIndexOf('/') + 1);
}

/** Whether every part of the shorter path is in the longer one: `calico/cni` and `packs/calico/3.31.4/cni`. */
function isSamePath(left: string, right: string): boolean {
  const [shorter, longer] = [partsOf(left), partsOf(right)].toSorted(
    (one, other) => one.length - other.length,
  );
  return shorter !== undefined && shorter.every((part) => longer?.includes(part));
}

function partsOf(repository: string): string[] {
  return repository.split('/').filter((part) => part !== 'library');
}
