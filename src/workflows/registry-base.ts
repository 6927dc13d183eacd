import { PaletteEdgeError } from '../errors.ts';
import { mapReference } from '../oci/name-mapping.ts';
import type { NameMapping } from '../oci/name-mapping.ts';
import { repositoryBelow, restBehind } from '../oci/name-prefix.ts';
import type { NamePrefix } from '../oci/name-prefix.ts';
import { onePiece } from '../oci/one-piece.ts';
import { formatRepository, parseReference } from '../oci/reference.ts';
import type { Reference } from '../oci/reference.ts';
import { verifiedContent } from '../oci/verified-content.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import type { RepositoryName } from '../registry/repository-name.ts';
import type { BasePlace, FoundBlob, WantedBlob } from './base-place.ts';
import { servedName } from './served-names.ts';

/** A registry that a base was pushed to. */
export interface RegistryBaseOptions {
  /** The registry, and what stands before the names of all repositories. */
  readonly destination: NamePrefix;
  /** Renames that the base was pushed with; those to other registries are of no use here. */
  readonly mappings?: readonly NameMapping[];
  readonly client: Pick<RegistryClient, 'blobs' | 'fetchManifest'>;
}

/** Where a blob is looked for beyond that nobody would have pushed it: each is a request. */
const mostRepositories = 200;
/** After so many blobs in vain, and none that was found, it is no place of the base: a name with a mistake must not cost requests by the thousand. */
const mostInVain = 20;
/** Where a blob is looked for then: the likeliest. */
const fewRepositories = 6;
/** Of manifests that are kept: they are read more than once. */
const mostKeptBytes = 32 * 1024 * 1024;

/** How `push` names repositories, in the order of {@link RegistryBase.repositories}. */
type Naming = (reference: Reference) => Pick<Reference, 'registry' | 'repository'> | undefined;

/** A registry where bases are, under the names that `push` gives, with `--keep-registry` or without. */
export function registryBase(options: RegistryBaseOptions): BasePlace {
  const { registry, path } = options.destination;
  const base = new RegistryBase(options);
  return {
    name: path === '' ? registry : `${registry}/${path}`,
    find: async (wanted, signal) => await base.find(wanted, signal),
    denials: () => [...base.denied.values()],
  };
}

class RegistryBase {
  readonly #client: RegistryBaseOptions['client'];
  /** The one that found something last comes first. */
  #namings: readonly Naming[];
  /** Repositories that are closed to us: they are not asked again. */
  readonly denied = new Map<string, PaletteEdgeError>();
  readonly #kept = new Map<string, Uint8Array>();
  #keptBytes = 0;
  #hasFound = false;
  #inVain = 0;

  constructor({ destination, mappings = [], client }: RegistryBaseOptions) {
    this.#client = client;
    const below = (rest: string): Pick<Reference, 'registry' | 'repository'> => {
      // Read again: a long prefix may make it a name that no repository can have.
      const { repository } = parseReference(`${destination.registry}/${repositoryBelow(destination, rest)}`);
      return { registry: destination.registry, repository };
    };
    const own = mappings.filter(({ to }) => to.registry === destination.registry);
    this.#namings = [
      ...(own.length === 0
        ? []
        : [
            (reference: Reference) =>
              own.some(({ from }) => restBehind(reference, from) !== undefined)
                ? mapReference(reference, own)
                : undefined,
          ]),
      ({ repository }) => below(repository),
      (reference) => below(servedName(reference)),
    ];
  }

  /** @throws PaletteEdgeError when no repository that may have it lets us in, or what asking throws */
  async find(wanted: WantedBlob, signal: AbortSignal): Promise<FoundBlob | undefined> {
    let isAnswered = false;
    let denial: PaletteEdgeError | undefined;
    for (const [repository, naming] of this.#repositories(wanted)) {
      signal.throwIfAborted();
      const name = formatRepository(repository);
      try {
        const closed = this.denied.get(name);
        if (closed !== undefined) throw closed;
        const found = await this.#ask(wanted, repository, signal).catch(sided(repository));
        isAnswered = true;
        if (found === undefined) continue;
        this.#hasFound = true;
        this.#namings = [naming, ...this.#namings.filter((other) => other !== naming)];
        return found;
      } catch (error) {
        if (!(error instanceof PaletteEdgeError) || error.kind !== 'authentication') throw error;
        // Many registries answer so of what does not exist.
        this.denied.set(name, error);
        denial ??= error;
      }
    }
    if (!isAnswered && denial !== undefined) throw denial;
    this.#inVain += 1;
    return undefined;
  }

  /** Those that may have it, the likeliest first, each once. */
  #repositories({ images }: WantedBlob): Map<RepositoryName, Naming> {
    const found = new Map<RepositoryName, Naming>();
    const names = new Set<string>();
    const most = this.#hasFound || this.#inVain < mostInVain ? mostRepositories : fewRepositories;
    for (const image of images)
      for (const naming of this.#namings) {
        const repository = namedBy(naming, image);
        if (repository === undefined || names.has(formatRepository(repository))) continue;
        names.add(formatRepository(repository));
        found.set(repository, naming);
        if (found.size === most) return found;
      }
    return found;
  }

  async #ask(
    wanted: WantedBlob,
    repository: RepositoryName,
    signal: AbortSignal,
  ): Promise<FoundBlob | undefined> {
    if (wanted.isManifest) return await this.#askManifest(wanted, repository, signal);
    const reader = this.#client.blobs(repository);
    const size = await sizeIn(reader, wanted, signal);
    if (size === undefined || size !== (wanted.size ?? size)) return undefined;
    return {
      size,
      repository,
      open: async ({ digest }, options) =>
        sidedContent(await reader.open({ digest, size }, options).catch(sided(repository)), repository),
    };
  }

  async #askManifest(
    { digest, size: expected }: WantedBlob,
    repository: RepositoryName,
    signal: AbortSignal,
  ): Promise<FoundBlob | undefined> {
    const side = `reading from ${formatRepository(repository)}`;
    const bytes = await this.#manifest({ digest }, repository, signal);
    if (bytes === undefined || bytes.length !== (expected ?? bytes.length)) return undefined;
    const { length: size } = bytes;
    return {
      size,
      open: async (_blob, { range, signal: own = signal }) => {
        const again = (await this.#manifest({ digest }, repository, own)) ?? new Uint8Array();
        if (range !== undefined) return onePiece(again.subarray(range.start, range.end));
        return verifiedContent({ digest, size }, onePiece(again), side);
      },
    };
  }

  /** @returns undefined when it is not there */
  async #manifest(
    { digest }: Pick<WantedBlob, 'digest'>,
    repository: RepositoryName,
    signal: AbortSignal,
  ): Promise<Uint8Array | undefined> {
    const kept = this.#kept.get(digest);
    if (kept !== undefined) return kept;
    try {
      const { bytes } = await this.#client.fetchManifest(repository, { digest }, signal);
      if (this.#keptBytes + bytes.length <= mostKeptBytes && !this.#kept.has(digest)) {
        this.#kept.set(digest, bytes);
        this.#keptBytes += bytes.length;
      }
      return bytes;
    } catch (error) {
      if (error instanceof PaletteEdgeError && error.code === 'IMAGE_NOT_FOUND') return undefined;
      throw error;
    }
  }
}

/** Says of what fails which side it was: two registries may be spoken to. */
function sided(repository: RepositoryName): (error: unknown) => never {
  const side = `reading from ${formatRepository(repository)}`;
  return (error) => {
    if (!(error instanceof PaletteEdgeError) || error.message.startsWith(side)) throw error;
    const { code, message, kind, suggestions, details } = error;
    throw new PaletteEdgeError(code, `${side}: ${message}`, { kind, cause: error, suggestions, details });
  };
}

async function* sidedContent(
  content: AsyncIterable<Uint8Array>,
  repository: RepositoryName,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* content;
  } catch (error) {
    sided(repository)(error);
  }
}

/** A registry that does not tell the size of a blob has it all the same. */
async function sizeIn(
  reader: ReturnType<RegistryBaseOptions['client']['blobs']>,
  { digest, size }: WantedBlob,
  signal: AbortSignal,
): Promise<number | undefined> {
  try {
    return await reader.sizeOf(digest, signal);
  } catch (error) {
    const isUnknown = error instanceof PaletteEdgeError && error.code === 'BLOB_SIZE_UNKNOWN';
    if (isUnknown && size !== undefined) return size;
    throw error;
  }
}

/** Undefined where it makes no name that a repository can have. */
function namedBy(naming: Naming, image: string): RepositoryName | undefined {
  try {
    const named = naming(parseReference(image));
    return named === undefined ? undefined : { registry: named.registry, repository: named.repository };
  } catch (error) {
    if (error instanceof PaletteEdgeError && error.kind === 'usage') return undefined;
    throw error;
  }
}
