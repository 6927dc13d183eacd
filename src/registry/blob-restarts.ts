/** What small blobs may waste in any case: less than the requests that it takes to notice. */
const alwaysAllowed = 16 * 1024 * 1024;

/**
 * How many bytes of one blob may be received a second time, because a server does not honour ranges and sends the blob from
 * its beginning: as many as the blob has. A server that always does so, behind a connection that always breaks, would
 * otherwise be asked for the same beginning for ever.
 */
export class BlobRestarts {
  #left: number;

  /** @param blobSize in bytes */
  constructor(blobSize: number) {
    this.#left = Math.max(blobSize, alwaysAllowed);
  }

  /** Whether so many more bytes may be received again; then they count. */
  spend(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }
}
