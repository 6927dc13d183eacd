import type { Digest } from '../oci/digest.ts';
import type { RequestedImage } from '../profile/request-images.ts';

/** An image that is asked for, perhaps with the digest that its tag stands for: then the tag is only a name. */
export interface ImageToPin extends RequestedImage {
  readonly pin?: Digest;
}
