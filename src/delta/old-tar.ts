/** A tar that is there already, as {@link createPatchWriter} reads it: anywhere, and at once, so that a thread can work it through. */
export interface OldTar {
  /** Bytes. */
  readonly size: number;
  /**
   * Fills `into` from `position` on and returns how many bytes it filled: fewer than asked for only at the end of the tar.
   * `readSync` of a file descriptor does as much. What it throws is passed on.
   */
  read(position: number, into: Uint8Array): number;
}

/** A tar that is there already, as {@link applyPatch} reads it. */
export interface OldTarAccess {
  /** Bytes. */
  readonly size: number;
  /** The `length` bytes from `position` on, all of them inside the tar. Rejects when it cannot give all of them. */
  read(position: number, length: number): Promise<Uint8Array>;
}
