import type { IncomingMessage } from 'node:http';

import type { Answer } from './answer.ts';
import type { PushedContent, RegistryContent } from './registry-content.ts';
import type { RegistryLimits } from './registry-limits.ts';
import type { UploadSessions } from './upload-sessions.ts';

/** A request to one endpoint of the API. */
export interface ApiCall {
  readonly request: IncomingMessage;
  /** A valid name; empty where the endpoint has none. */
  readonly repository: string;
  /** The last part of the path: tag, digest or id of an upload, as the client sent it. */
  readonly reference: string;
  readonly query: URLSearchParams;
  readonly content: RegistryContent;
  readonly limits: RegistryLimits;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
}

/** What a registry that takes pushes has besides its content. */
export interface PushSide extends PushedContent {
  readonly uploads: UploadSessions;
  /** Take an image index although manifests that it names are missing. */
  readonly acceptSparseIndexes: boolean;
}

/** Answers GET, and HEAD by leaving the body out. */
export type ReadEndpoint = (call: ApiCall) => Answer | Promise<Answer>;

/** Answers a request of a push; there is none in a registry that is read-only. */
export type PushEndpoint = (call: ApiCall, push: PushSide) => Promise<Answer>;
