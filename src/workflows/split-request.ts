import type { PartStyle } from '../bundle/part-name.ts';

/** How a bundle is to be split. */
export interface SplitRequest {
  /** Bytes of every part but the last. */
  readonly partSize: number;
  readonly style: PartStyle;
}
