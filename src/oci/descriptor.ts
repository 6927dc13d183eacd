import type { Digest } from './digest.ts';

/** What identifies a blob: its digest and its length in bytes. */
export interface BlobIdentity {
  readonly digest: Digest;
  /** Length in bytes. */
  readonly size: number;
}

/** An OCI content descriptor (image-spec, descriptor.md), as far as this tool reads it. */
export interface Descriptor extends BlobIdentity {
  readonly mediaType: string;
  readonly platform?: Platform;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Where a non-distributable layer can be fetched from. */
  readonly urls?: readonly string[];
}

/** The platform of an image in an image index (image-spec, image-index.md). */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly osVersion?: string;
}
