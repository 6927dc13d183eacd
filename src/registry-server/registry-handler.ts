import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

import { errorAnswer, jsonAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { PushSide } from './api-call.ts';
import { ApiError } from './api-error.ts';
import { ConnectionTurns } from './connection-turns.ts';
import { runEndpoint } from './endpoints.ts';
import { isLoggedIn, loginChallenge } from './login.ts';
import type { RegistryLogin } from './login.ts';
import type { RegistryContent } from './registry-content.ts';
import { defaultLimits } from './registry-limits.ts';
import type { RegistryLimits } from './registry-limits.ts';
import { decodePath, splitTarget } from './request-target.ts';
import { sendAnswer } from './send-answer.ts';
import { UploadSessions } from './upload-sessions.ts';

/** A request that is over. */
export interface RequestRecord {
  readonly method: string;
  /** Without its query, as the client sent it. */
  readonly path: string;
  /** 499 when the client was gone before there was an answer. */
  readonly status: number;
  /** Bytes of the answer's body that were handed to the connection. */
  readonly bytes: number;
}

/** What a registry serves, and to whom. */
export interface RegistryHandlerOptions {
  readonly content: RegistryContent;
  /** Ask for this login by Basic authentication. */
  readonly login?: RegistryLogin;
  /** Take image indexes that name manifests the repository does not have. Refused by default, as registries do. */
  readonly acceptSparseIndexes?: boolean;
  readonly limits?: Partial<RegistryLimits>;
  /** Told of every request when it is over. */
  readonly onRequest?: (record: RequestRecord) => void;
  /** Told of failures that are the registry's own, which clients see as 500 or as a body that is cut off. */
  readonly onFailure?: (error: unknown) => void;
}

/** The registry without the server around it. */
export interface RegistryHandler {
  readonly listener: RequestListener;
  /**
   * Answers nothing more, waits for requests under way, then removes uploads that are not complete. How long the wait may
   * be is for the server to say: a connection that it cuts ends a request.
   */
  close(): Promise<void>;
}

/** Answers 200 to whoever asks, without a login, as long as requests are answered: for what watches servers. Not in the API. */
const healthPath = '/healthz';

/** Makes what answers the requests of any `node:http` or `node:https` server (distribution-spec 1.1). */
export function createRegistryHandler(options: RegistryHandlerOptions): RegistryHandler {
  const limits = { ...defaultLimits, ...options.limits };
  const push = pushSide(options, limits);
  const underWay = new Set<Promise<void>>();
  const turns = new ConnectionTurns();
  let isClosing = false;
  return {
    listener: (request, response) => {
      if (isClosing) {
        response.writeHead(503, { connection: 'close', 'content-length': '0' }).end();
        return;
      }
      const exchange = new Exchange(request, response, { ...options, limits, push });
      const handled = turns
        .run(request.socket, async () => await exchange.handle())
        .finally(() => underWay.delete(handled));
      underWay.add(handled);
    },
    close: async () => {
      isClosing = true;
      await Promise.allSettled(underWay);
      await push?.uploads.close();
    },
  };
}

function pushSide(
  { content, acceptSparseIndexes = false }: RegistryHandlerOptions,
  limits: RegistryLimits,
): PushSide | undefined {
  const { pushed } = content;
  if (pushed === undefined) return undefined;
  return { ...pushed, uploads: new UploadSessions(pushed.uploadFolder, limits), acceptSparseIndexes };
}

interface ExchangeOptions extends RegistryHandlerOptions {
  readonly limits: RegistryLimits;
  readonly push: PushSide | undefined;
}

/** One request and its answer. */
class Exchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #options: ExchangeOptions;
  /** Aborted when the connection is gone or the answer is sent. */
  readonly #over = new AbortController();
  readonly #closed: Promise<void>;
  #bytes = 0;

  constructor(request: IncomingMessage, response: ServerResponse, options: ExchangeOptions) {
    this.#request = request;
    this.#response = response;
    this.#options = options;
    this.#closed = new Promise((resolve) => {
      response.once('close', () => {
        this.#end();
        resolve();
      });
    });
  }

  /** Answers the request; done when the answer has left or the client is gone. */
  async handle(): Promise<void> {
    // It may have waited for its turn until nobody was there any more.
    if (this.#over.signal.aborted) return;
    try {
      await this.#send(await this.#answer());
    } catch (error) {
      await this.#fail(error);
    }
    // What is left of a body is taken from the wire, so that the connection can be used again.
    this.#request.resume();
    await this.#closed;
  }

  async #answer(): Promise<Answer> {
    const { content, limits, login, push } = this.#options;
    const { path, query } = splitTarget(this.#request.url ?? '');
    if (path === healthPath && this.#isReading()) return jsonAnswer(200, { status: 'serving' });
    const { authorization } = this.#request.headers;
    if (login !== undefined && !isLoggedIn(login, authorization)) {
      throw new ApiError(401, [{ code: 'UNAUTHORIZED', message: 'username and password are needed' }], {
        'www-authenticate': loginChallenge,
      });
    }
    const call = { request: this.#request, query, content, limits, signal: this.#over.signal };
    return await runEndpoint(decodePath(path), call, push);
  }

  #isReading(): boolean {
    const { method } = this.#request;
    return method === 'GET' || method === 'HEAD';
  }

  async #send(answer: Answer): Promise<void> {
    // What is served was pushed by somebody: no browser may take it for a page.
    this.#response.setHeader('x-content-type-options', 'nosniff');
    this.#response.setHeader('docker-distribution-api-version', 'registry/2.0');
    await sendAnswer(this.#response, answer, {
      isHead: this.#request.method === 'HEAD',
      signal: this.#over.signal,
      onBytes: (count) => {
        this.#bytes += count;
      },
      onFailure: this.#options.onFailure,
    });
  }

  async #fail(error: unknown): Promise<void> {
    if (this.#over.signal.aborted || this.#request.socket.destroyed) return;
    if (!(error instanceof ApiError)) this.#options.onFailure?.(error);
    await this.#send(errorAnswer(error));
  }

  #end(): void {
    this.#over.abort();
    const { path } = splitTarget(this.#request.url ?? '');
    this.#options.onRequest?.({
      method: this.#request.method ?? '',
      path,
      status: this.#response.headersSent ? this.#response.statusCode : 499,
      bytes: this.#bytes,
    });
  }
}
