import type { Origin } from '../oci/origin.ts';

/** Why something that could name an image was passed over; shown as it is. */
export type SkipReason =
  | 'names none'
  | 'is a template'
  | 'may be no image'
  | 'is switched off'
  | 'has a macro without value'
  | 'is listed at another registry'
  | 'is excluded';

/** A text that could name an image, and does not count. */
export interface SkippedImage {
  readonly origin: Origin;
  /** As it stands, macros unresolved; no password. */
  readonly text: string;
  readonly reason: SkipReason;
}
