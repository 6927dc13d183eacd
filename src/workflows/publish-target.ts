import type { FileToPublish } from './publish-hash.ts';

/** A place that a bundle is published to. Its methods throw PaletteEdgeErrors that name it. */
export interface PublishTarget {
  /** What the bundle is fetched by. */
  readonly url: string;
  /** In bytes: how large the pieces are that a file of so many bytes is sent in. */
  readonly pieceSize: (size: number) => number;
  /** What stands under the name now; undefined for nothing. */
  publishedDigest(signal: AbortSignal): Promise<string | undefined>;
  /**
   * What is there of a file.
   *
   * @returns `other` for something else of its name that would be replaced
   */
  stateOf(file: FileToPublish, signal: AbortSignal): Promise<'there' | 'missing' | 'other'>;
  /**
   * Takes away what stands under the name, before files of it are replaced, and its files that none of these replaces: parts that there
   * are no more, or a signature of other bytes. Nothing where files are not known by names.
   */
  withdraw(files: readonly FileToPublish[], signal: AbortSignal): Promise<void>;
  /** Sends a file, or what is missing of it. When this returns, the place has all of it, by its digest. */
  send(file: FileToPublish, sending: Sending): Promise<void>;
  /** Makes the files known, all at once. */
  publish(manifest: Uint8Array, signal: AbortSignal): Promise<void>;
}

/** How a file is sent. */
export interface Sending {
  /** Told of bytes as they are sent; less than nothing for those that were sent in vain. */
  readonly onBytes: (count: number) => void;
  /** Told of bytes that an earlier run sent, and that need not be sent again. */
  readonly onKept: (count: number) => void;
  readonly signal: AbortSignal;
}

/** Where the manifest lies among files: beside them, under a name of its own. */
export function publicationName(bundle: string): string {
  return `${bundle}${extension}`;
}

const extension = '.manifest.json';

/** The bundle whose manifest has that name; undefined when it is no manifest's name. */
export function bundleOfPublication(name: string): string | undefined {
  return name.length > extension.length && name.endsWith(extension)
    ? name.slice(0, -extension.length)
    : undefined;
}
