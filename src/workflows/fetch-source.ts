import type { PublishedFile } from './publish-manifest.ts';

/** A place that bundles were published to. Its methods throw PaletteEdgeErrors that name it. */
export interface FetchSource {
  /** As it is named in messages. */
  readonly url: string;
  /** The names of what was published there, in order; when one was named, only that. */
  names(signal: AbortSignal): Promise<readonly string[]>;
  /** The URL of one of them. */
  urlOf(name: string): string;
  /**
   * The manifest of one of them: 4 MiB at most.
   *
   * @throws PaletteEdgeError `PUBLICATION_NOT_FOUND` (kind notFound)
   */
  manifest(name: string, signal: AbortSignal): Promise<Uint8Array>;
  /** A file of one of them, from a byte on. Whoever reads it compares digests. */
  open(file: PublishedFile, from: number, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}
