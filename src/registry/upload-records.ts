import type { BlobIdentity } from '../oci/descriptor.ts';

/** A blob on its way to a repository, as it is found again by a later run. */
export interface UploadPlace {
  /** The origin of the registry. */
  readonly origin: string;
  readonly repository: string;
  readonly blob: BlobIdentity;
}

/** Where an upload that was begun goes on. */
export interface RecordedUpload {
  /** As the registry named it. Its query may be a secret. */
  readonly location: string;
  /** The smallest chunk that the registry takes, in bytes. */
  readonly leastChunk: number;
  /** Bytes that the registry can have at most: the end of the chunk that was being sent. */
  readonly sentTo: number;
}

/**
 * What one run knows of one upload, and leaves to later ones. Nothing of it throws: sending does not fail because of it. Disposed, it is there
 * for the next one.
 */
export interface UploadRecord extends Disposable {
  /** What an earlier run left; undefined for nothing. */
  readonly found: RecordedUpload | undefined;
  keep(upload: RecordedUpload): Promise<void>;
  /** Nobody can go on with it: it is complete, or it was lost. */
  forget(): Promise<void>;
}

/** Remembers uploads from one run to the next. */
export interface UploadRecords {
  /** @returns undefined when another process is about that very blob, or nothing can be remembered */
  open(place: UploadPlace): Promise<UploadRecord | undefined>;
}
