import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { RetryEvent } from '../registry/registry-transport.ts';
import type { Warning } from '../warning.ts';
import type { BuildPlan } from './plan-build.ts';

/** What happens during a build, for whoever shows it. */
export type BuildEvent = StepEvent | TransferEvent;

/** Things that happen once each. */
export type StepEvent =
  | { readonly kind: 'warning'; readonly warning: Warning }
  /** So many charts are going to be fetched. */
  | { readonly kind: 'fetching-charts'; readonly charts: number }
  | { readonly kind: 'pinning'; readonly done: number; readonly total: number }
  /** The companions of so many images are going to be looked for. */
  | { readonly kind: 'finding-companions'; readonly images: number }
  /** The signatures of so many images are going to be checked. */
  | { readonly kind: 'checking-signatures'; readonly images: number }
  | { readonly kind: 'planned'; readonly plan: BuildPlan }
  /** All is done but putting so many blobs into shared stores. */
  | { readonly kind: 'sharing'; readonly blobs: number }
  | { readonly kind: 'retry'; readonly retry: RetryEvent };

/** Bytes on the move. */
export type TransferEvent =
  /** So many bytes are going to be pulled. */
  | { readonly kind: 'pulling'; readonly total: number }
  | { readonly kind: 'blob-started'; readonly blob: BlobIdentity; readonly repository: string }
  | BlobBytesEvent
  | { readonly kind: 'blob-finished'; readonly digest: Digest }
  /** So many bytes of gzip layers are going to be looked at, to squeeze them. */
  | { readonly kind: 'analyzing'; readonly total: number }
  | { readonly kind: 'analyzed-bytes'; readonly count: number }
  /** So many bytes of the tar inside the bundle are going to be written. */
  | { readonly kind: 'writing'; readonly total: number }
  | { readonly kind: 'written-bytes'; readonly count: number };

/** Bytes that came from the registry, or from an existing bundle or a shared store. */
export interface BlobBytesEvent {
  readonly kind: 'blob-bytes';
  readonly digest: Digest;
  readonly count: number;
  readonly isFromBundle?: boolean | undefined;
  readonly isFromSharedStore?: boolean | undefined;
}

/** Takes events as they happen; must not throw. */
export type BuildListener = (event: BuildEvent) => void;
