import type { Digest } from '../oci/digest.ts';
import type { RepositoryReader, StoredManifest } from '../registry-server/registry-content.ts';

/** Repositories that are found under a second name, too. Listed is only the first: who copies all of them copies each once. */
export class ServedRepositories implements RepositoryReader {
  readonly #repositories: RepositoryReader;
  readonly #otherNames: ReadonlyMap<string, string>;

  /** @param otherNames second names, each with the first */
  constructor(repositories: RepositoryReader, otherNames: ReadonlyMap<string, string>) {
    this.#repositories = repositories;
    this.#otherNames = otherNames;
  }

  async listRepositories(): Promise<readonly string[]> {
    return await this.#repositories.listRepositories();
  }

  async listTags(repository: string): Promise<readonly string[] | undefined> {
    return await this.#repositories.listTags(this.#firstName(repository));
  }

  async findTag(repository: string, tag: string): Promise<StoredManifest | undefined> {
    return await this.#repositories.findTag(this.#firstName(repository), tag);
  }

  async findManifest(repository: string, digest: Digest): Promise<StoredManifest | undefined> {
    return await this.#repositories.findManifest(this.#firstName(repository), digest);
  }

  async hasBlob(repository: string, digest: Digest): Promise<boolean> {
    return await this.#repositories.hasBlob(this.#firstName(repository), digest);
  }

  async listReferrers(repository: string, subject: Digest): Promise<readonly StoredManifest[]> {
    return await this.#repositories.listReferrers(this.#firstName(repository), subject);
  }

  #firstName(repository: string): string {
    return this.#otherNames.get(repository) ?? repository;
  }
}
