/** Bounds on what clients may do to a registry. */
export interface RegistryLimits {
  /** Largest blob that is taken, in bytes. */
  readonly maximumBlobSize: number;
  /** Uploads that may be open at a time. */
  readonly maximumUploads: number;
  /** How long an upload may stay unused before its place is given to another one, in milliseconds. */
  readonly uploadIdleMs: number;
  readonly maximumConnections: number;
  /** The longest silence of a client within a request, in milliseconds. There is no total timeout. */
  readonly connectionIdleMs: number;
  /** How long requests under way may go on when the server closes, in milliseconds. */
  readonly closeGraceMs: number;
}

/** Bounds that no well-behaved client meets. */
export const defaultLimits: RegistryLimits = {
  maximumBlobSize: 128 * 1024 ** 3,
  maximumUploads: 256,
  uploadIdleMs: 60 * 60 * 1000,
  maximumConnections: 1024,
  connectionIdleMs: 60_000,
  closeGraceMs: 5000,
};

/** Most bytes of a request's line and headers together. */
export const maximumHeaderSize = 16 * 1024;

/** Most names in one answer of a list; the next ones have a link. */
export const maximumPageLength = 10_000;

/** Most requests that may wait on a connection for those before them; clients of containers send the next one when they have the answer. */
export const maximumWaitingRequests = 100;
