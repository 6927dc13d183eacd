import type { BlobReader, BlobWriter } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';

/** A manifest of a repository: all that is known of it without reading it. Its bytes are a blob. */
export interface StoredManifest extends BlobIdentity {
  readonly mediaType: string;
  /** The manifest it is about (image-spec, manifest.md, `subject`), which need not exist. */
  readonly subject?: Digest;
}

/**
 * What a registry has under which names. Everything belongs to a repository: a blob that another repository has is not
 * here.
 */
export interface RepositoryReader {
  /** The names of all repositories, in any order. */
  listRepositories(): Promise<readonly string[]>;

  /** The tags of a repository, in any order, or undefined when there is no such repository. */
  listTags(repository: string): Promise<readonly string[] | undefined>;

  /** What a tag stands for now, or undefined. */
  findTag(repository: string, tag: string): Promise<StoredManifest | undefined>;

  /** The manifest of this digest, or undefined. */
  findManifest(repository: string, digest: Digest): Promise<StoredManifest | undefined>;

  /** Whether the repository has this blob. Manifests are not counted among the blobs. */
  hasBlob(repository: string, digest: Digest): Promise<boolean>;

  /** The manifests whose subject is this digest, in any order. */
  listReferrers(repository: string, subject: Digest): Promise<readonly StoredManifest[]>;
}

/** Write access to the names of a registry. A repository comes into being with the first thing that is put into it. */
export interface RepositoryWriter {
  /** Makes a blob part of a repository. The blob is readable already. */
  addBlob(repository: string, digest: Digest): Promise<void>;

  /** Makes a manifest part of a repository and, when a tag is given, moves the tag to it. */
  putManifest(repository: string, manifest: StoredManifest, tag?: string): Promise<void>;

  /** @returns whether there was such a tag */
  removeTag(repository: string, tag: string): Promise<boolean>;

  /** Removes a manifest and every tag that stands for it. @returns whether there was such a manifest */
  removeManifest(repository: string, digest: Digest): Promise<boolean>;

  /** Takes a blob out of a repository; its bytes may stay. @returns whether the repository had it */
  removeBlob(repository: string, digest: Digest): Promise<boolean>;
}

/** Where pushed content goes. */
export interface PushedContent {
  readonly blobs: BlobWriter;
  readonly repositories: RepositoryWriter;
  /** Folder for uploads that are not complete. They have names of their own in it and are removed at the end. */
  readonly uploadFolder: string;
}

/** What a registry serves. */
export interface RegistryContent {
  readonly blobs: BlobReader;
  readonly repositories: RepositoryReader;
  /** Absent for a registry that is read-only. */
  readonly pushed?: PushedContent;
}
