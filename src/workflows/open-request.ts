import type { BundleTrust } from './bundle-trust.ts';
import type { BaseRequest } from './open-with-bases.ts';

/** What a bundle is opened with besides its path. */
export interface OpenRequest {
  /** Of a delta bundle; undefined reads it without them, as far as that goes. They need no signature: what they give is known by its digest. */
  readonly bases?: BaseRequest | undefined;
  /** Whose signature the bundle must have; undefined takes any. */
  readonly trust?: BundleTrust | undefined;
}
