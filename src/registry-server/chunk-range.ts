/** The `Content-Range` of a chunk, in bytes from the blob's beginning. */
export interface ChunkRange {
  readonly start: number;
  /** Bytes of the chunk. */
  readonly length: number;
}

/** Reads `0-99`, which is how distribution-spec 1.1, "Pushing a blob in chunks", writes it; undefined for anything else. */
export function parseChunkRange(header: string): ChunkRange | undefined {
  const match = /^(\d{1,15})-(\d{1,15})$/.exec(header);
  const [start, last] = [Number(match?.[1]), Number(match?.[2])];
  return last >= start ? { start, length: last - start + 1 } : undefined;
}
