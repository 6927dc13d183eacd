import type { Digest } from '../oci/digest.ts';
import type { RepositoryReader, RepositoryWriter, StoredManifest } from './registry-content.ts';

interface Repository {
  readonly tags: Map<string, Digest>;
  readonly manifests: Map<Digest, StoredManifest>;
  readonly blobs: Set<Digest>;
}

/** The names of a registry in memory: for the demo and for tests, gone with the process. */
export class MemoryRepositories implements RepositoryReader, RepositoryWriter {
  readonly #repositories = new Map<string, Repository>();

  listRepositories(): Promise<readonly string[]> {
    return Promise.resolve([...this.#repositories.keys()]);
  }

  listTags(repository: string): Promise<readonly string[] | undefined> {
    const found = this.#repositories.get(repository);
    return Promise.resolve(found === undefined ? undefined : [...found.tags.keys()]);
  }

  findTag(repository: string, tag: string): Promise<StoredManifest | undefined> {
    const found = this.#repositories.get(repository);
    const digest = found?.tags.get(tag);
    return Promise.resolve(digest === undefined ? undefined : found?.manifests.get(digest));
  }

  findManifest(repository: string, digest: Digest): Promise<StoredManifest | undefined> {
    return Promise.resolve(this.#repositories.get(repository)?.manifests.get(digest));
  }

  hasBlob(repository: string, digest: Digest): Promise<boolean> {
    return Promise.resolve(this.#repositories.get(repository)?.blobs.has(digest) ?? false);
  }

  listReferrers(repository: string, subject: Digest): Promise<readonly StoredManifest[]> {
    const manifests = [...(this.#repositories.get(repository)?.manifests.values() ?? [])];
    return Promise.resolve(manifests.filter((manifest) => manifest.subject === subject));
  }

  addBlob(repository: string, digest: Digest): Promise<void> {
    this.#repository(repository).blobs.add(digest);
    return Promise.resolve();
  }

  putManifest(repository: string, manifest: StoredManifest, tag?: string): Promise<void> {
    const { manifests, tags } = this.#repository(repository);
    manifests.set(manifest.digest, manifest);
    if (tag !== undefined) tags.set(tag, manifest.digest);
    return Promise.resolve();
  }

  removeTag(repository: string, tag: string): Promise<boolean> {
    return Promise.resolve(this.#repositories.get(repository)?.tags.delete(tag) ?? false);
  }

  removeManifest(repository: string, digest: Digest): Promise<boolean> {
    const found = this.#repositories.get(repository);
    if (found === undefined) return Promise.resolve(false);
    for (const [tag, tagged] of found.tags) if (tagged === digest) found.tags.delete(tag);
    return Promise.resolve(found.manifests.delete(digest));
  }

  removeBlob(repository: string, digest: Digest): Promise<boolean> {
    return Promise.resolve(this.#repositories.get(repository)?.blobs.delete(digest) ?? false);
  }

  #repository(name: string): Repository {
    const found = this.#repositories.get(name);
    if (found !== undefined) return found;
    const made: Repository = { tags: new Map(), manifests: new Map(), blobs: new Set() };
    this.#repositories.set(name, made);
    return made;
  }
}
