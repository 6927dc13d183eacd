import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { RetryEvent } from '../registry/registry-transport.ts';
import type { Warning } from '../warning.ts';
import type { PushPlan } from './plan-push.ts';

/** What happens during a push, for whoever shows it. */
export type PushEvent =
  | { readonly kind: 'warning'; readonly warning: Warning }
  /** The registry is going to be asked what it has of so many images. */
  | { readonly kind: 'asking'; readonly images: number }
  | { readonly kind: 'planned'; readonly plan: PushPlan }
  | { readonly kind: 'retry'; readonly retry: RetryEvent }
  /** So many bytes are going to be sent. */
  | { readonly kind: 'sending'; readonly total: number }
  | { readonly kind: 'blob-started'; readonly blob: BlobIdentity; readonly repository: string }
  /** Bytes that were sent; less than nothing for those that have to be sent again. */
  | { readonly kind: 'blob-bytes'; readonly digest: Digest; readonly count: number }
  | { readonly kind: 'blob-finished'; readonly digest: Digest };

/** Takes events as they happen; must not throw. */
export type PushListener = (event: PushEvent) => void;
