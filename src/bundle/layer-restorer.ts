import type { SqueezedLayer } from './squeezed-inventory.ts';

/** What a squeezed layer is made again from. */
export interface SqueezedContent {
  readonly layer: SqueezedLayer;
  /** Reads the recipe. */
  readonly recipe: (signal?: AbortSignal) => Promise<Uint8Array>;
  /** Bytes that the layer decompresses to. */
  readonly plainSize: number;
  /** These bytes from a position on. They are not verified: what is made of them is. */
  readonly plain: (start: number, signal?: AbortSignal) => AsyncIterable<Uint8Array>;
}

/** Makes the gzip layers of squeezed bundles again: the seam between bundles and what knows gzip. */
export interface LayerRestorer {
  /** The bytes of the layer, which whoever reads them verifies. */
  restore(content: SqueezedContent, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  /** Ends what restoring is done with. */
  close(): Promise<void>;
}
