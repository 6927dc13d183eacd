import { PaletteEdgeError } from '../errors.ts';
import type { HttpClient, HttpRequest } from '../http/http-client.ts';
import type { HttpResponse } from '../http/http-response.ts';
import { RetryBudget } from '../http/retry-budget.ts';
import type { RetryBudgetOptions } from '../http/retry-budget.ts';
import { defaultRetryPolicy, isConnectionFailure, isThrottling } from '../http/retry-policy.ts';
import type { RetryPolicy } from '../http/retry-policy.ts';
import type { Authenticator } from './authenticator.ts';
import type { Authorization } from './authorization.ts';
import type { HostLimits } from './host-limits.ts';
import { pullLimitReached } from './host-rate-limit.ts';
import type { HostState } from './host-state.ts';
import { isPasswordRefused, PasswordTrials } from './password-trials.ts';
import { registryError } from './registry-error.ts';
import { registryOrigin, repositoryUrl } from './repository-name.ts';
import type { RegistryHost, RepositoryName } from './repository-name.ts';

/** A request to a repository. */
export interface RegistryRequest {
  readonly repository: RepositoryName;
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH';
  /** Below `/v2/<repository>/`: `manifests/latest`. */
  readonly path: string;
  /** A URL that the registry named, to be asked as it is in place of the path. */
  readonly location?: URL;
  readonly body?: HttpRequest['body'];
  /** The repository of the same registry that a blob is to be mounted from: it has to be readable, too. */
  readonly mountFrom?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses that are answers; any other one is thrown as an error. */
  readonly expected: readonly number[];
  /** Says of an answer with any other status that it is one all the same. */
  readonly isAnswer?: (response: HttpResponse) => boolean;
  /** What is asked for, for messages: `ghcr.io/org/app:1.0`. */
  readonly subject: string;
  readonly notFoundCode: 'IMAGE_NOT_FOUND' | 'BLOB_NOT_FOUND' | 'REPOSITORY_NOT_FOUND' | 'UPLOAD_NOT_FOUND';
  readonly signal?: AbortSignal;
}

/** Whom an operation asks. */
interface BudgetPurpose extends RegistryHost {
  /** Whether nobody needs the answer yet: then a host that asks to slow down is not waited for. */
  readonly isAhead?: boolean;
}

/** A request that is going to be tried again. */
export interface RetryEvent {
  readonly registry: string;
  readonly subject: string;
  /** The attempt that failed, counted from 1 since the last progress. */
  readonly attempt: number;
  readonly delayMs: number;
  readonly error: unknown;
  /** Set when it is the registry that asked for the wait: no request to it is sent meanwhile. */
  readonly slowDown?: {
    /** Requests to it at a time from now on. */
    readonly concurrency: number;
  };
}

/** The parts a transport works with. */
export interface RegistryTransportOptions {
  readonly http: HttpClient;
  readonly authenticator: Authenticator;
  readonly limits: HostLimits;
  readonly retry?: RetryBudgetOptions;
  readonly onRetry?: (event: RetryEvent) => void;
}

const maximumErrorBody = 64 * 1024;
/** Registries hash, copy and move what was uploaded before they answer: minutes for gigabytes on object storage. */
const writingTimeoutMs = 300_000;

/** Requests to registries with authorization. Sends each once: who reads the answer retries, with {@link budget}. */
export class RegistryTransport {
  readonly #options: RegistryTransportOptions;
  readonly #passwords = new PasswordTrials<Exchange>();

  constructor(options: RegistryTransportOptions) {
    this.#options = options;
  }

  /** Takes a place in the registry's concurrency limit. */
  async acquire(asked: RegistryHost, signal?: AbortSignal): Promise<() => void> {
    return await this.#host(asked).places.acquire(signal);
  }

  /** As {@link acquire}, but only when a place is free now and nobody waits for it. */
  tryAcquire(asked: RegistryHost): (() => void) | undefined {
    return this.#host(asked).places.tryAcquire();
  }

  /** Whether the registry is known not to answer: whoever has another place to ask need not ask it. */
  isDown(asked: RegistryHost): boolean {
    return this.#host(asked).isDown;
  }

  /** The origin that is asked for a registry. */
  originOf(asked: RegistryHost): string {
    return registryOrigin(this.#options.http, asked);
  }

  /** A fresh retry budget for one operation, which holds one place. A mirror is tried twice: there is another place to ask. */
  budget({ registry, mirror, isAhead }: BudgetPurpose, subject: string, signal?: AbortSignal): RetryBudget {
    const { retry, onRetry } = this.#options;
    const host = this.#host({ registry, mirror });
    const mayWait = mirror === undefined && isAhead !== true;
    return new RetryBudget({
      ...retry,
      policy: mirror === undefined ? retry?.policy : mirrorPolicy(retry?.policy),
      hasAnswered: () => host.hasAnswered,
      judge: (error) => {
        const judgement = host.judge(error);
        return !mayWait && isThrottling(error) ? { final: error } : judgement;
      },
      onGivingUp: (error) => host.givenUp(error),
      onRetry: (event) => {
        const slowDown = isThrottling(event.error) ? { concurrency: host.concurrency } : undefined;
        onRetry?.({ registry, subject, ...event, slowDown });
      },
      whileWaiting: async (wait, error) => {
        // Of a host that does not answer one should find out, not all in turn. And what is read ahead must not queue behind
        // its own reader, who waits for it and has a place.
        if (isConnectionFailure(error) || isAhead === true) await wait();
        else await host.places.lendWhile(wait, signal);
      },
      signal,
    });
  }

  /**
   * Sends a request once, or twice when a login or a renewed token was needed; not before the registry wants any.
   *
   * @throws PaletteEdgeError for every status that was not expected; for a registry that is down at once
   */
  async send(request: RegistryRequest): Promise<HttpResponse> {
    const { repository, signal } = request;
    // There is another place to ask than a mirror that wants to be left alone.
    if (repository.mirror !== undefined) this.#host(repository).refuseWhilePaused();
    return await this.sendPaced(repository, async () => await this.#sendOrLogIn(request), signal);
  }

  /**
   * Sends a request when its host may be asked, and takes note of how it went.
   *
   * @param send sends it; tells of every answer before it throws for those that are not good
   * @throws what `send` throws; for a host that is down at once
   */
  async sendPaced(
    asked: RegistryHost,
    send: (tell: (answer: HttpResponse) => void) => Promise<HttpResponse>,
    signal?: AbortSignal,
  ): Promise<HttpResponse> {
    const host = this.#host(asked);
    const round = await host.enter(signal);
    try {
      const response = await send(({ status, headers }) => host.answered(status, headers));
      host.succeeded();
      return response;
    } catch (error) {
      if (signal?.aborted !== true) host.failed(error, round);
      throw error;
    }
  }

  async #sendOrLogIn(request: RegistryRequest): Promise<HttpResponse> {
    const { authenticator } = this.#options;
    const { signal } = request;
    const isElsewhere = this.#urlOf(request).origin !== this.originOf(request.repository);
    // What another origin wants is not ours to give.
    if (isElsewhere) return await this.#sendElsewhere(request);
    const repository = { ...request.repository, mountFrom: request.mountFrom };
    const authorization = await authenticator.current(repository, signal);
    const first = await this.#show(request, authorization);
    if (first.outcome === 'answered') return first.response;
    if (!isAboutAuthorization(first, authorization)) throw this.#refusal(request, first, authorization);
    const header = first.response.headers['www-authenticate'];
    const renewed = await authenticator.renew(repository, authorization, { header, signal });
    if (renewed === undefined) throw this.#refusal(request, first, authorization);
    await this.#host(repository).enter(signal);
    const second = await this.#show(request, renewed);
    if (second.outcome === 'answered') return second.response;
    throw this.#refusal(request, second, renewed);
  }

  async #sendElsewhere(request: RegistryRequest): Promise<HttpResponse> {
    const only = await this.#exchange(request, undefined);
    if (only.outcome === 'answered') return only.response;
    throw this.#refusal(request, { ...only, response: { ...only.response, hasLeftOrigin: true } }, undefined);
  }

  #urlOf({ repository, path, location }: RegistryRequest): URL {
    return location ?? repositoryUrl(this.#options.http, repository, path);
  }

  async #show(request: RegistryRequest, authorization: Authorization | undefined): Promise<Exchange> {
    return await this.#passwords.send(this.originOf(request.repository), authorization, {
      send: async () => await this.#exchange(request, authorization),
      signal: request.signal,
    });
  }

  async #exchange(request: RegistryRequest, authorization: Authorization | undefined): Promise<Exchange> {
    const { method, body, signal } = request;
    const isWriting = method !== 'GET' && method !== 'HEAD';
    const response = await this.#options.http.request({
      method,
      url: this.#urlOf(request),
      body,
      ...(isWriting ? { repeatsBody: true, answerTimeoutMs: writingTimeoutMs } : {}),
      headers:
        authorization === undefined
          ? request.headers
          : { ...request.headers, authorization: authorization.header },
      signal,
    });
    this.#host(request.repository).answered(response.status, response.headers);
    if (request.expected.includes(response.status) || request.isAnswer?.(response) === true)
      return { outcome: 'answered', response, isPasswordRefused: false };
    const text = await response.readText(maximumErrorBody).catch(() => '');
    request.signal?.throwIfAborted();
    return { outcome: 'refused', response, isPasswordRefused: isPasswordRefused(response), text };
  }

  #refusal(
    request: RegistryRequest,
    refused: Refused,
    authorization: Authorization | undefined,
  ): PaletteEdgeError {
    const { subject } = request;
    const { registry } = request.repository;
    const { response, text } = refused;
    const isPullLimit = response.status === 429 && response.headers['retry-after'] === undefined;
    const { rateLimit } = this.#host(request.repository);
    const isLoggedIn = authorization?.credentialOrigin !== undefined;
    const reached = isPullLimit && pullLimitReached({ subject, registry, text, isLoggedIn, rateLimit });
    return reached instanceof PaletteEdgeError ? reached : refusal(request, refused, authorization);
  }

  #host(asked: RegistryHost): HostState {
    return this.#options.limits.of(this.originOf(asked), asked.registry);
  }
}

function mirrorPolicy(policy = defaultRetryPolicy): RetryPolicy {
  return { ...policy, attempts: 2, outageAttempts: 2 };
}

type Exchange = Answered | Refused;

interface Answered {
  readonly outcome: 'answered';
  readonly response: HttpResponse;
  readonly isPasswordRefused: false;
}

interface Refused {
  readonly outcome: 'refused';
  /** See {@link PasswordTrials}. */
  readonly isPasswordRefused: boolean | undefined;
  readonly response: HttpResponse;
  readonly text: string;
}

/** What a redirect's target wants is not ours to give. ECR Public says 400 to a token that has expired. */
function isAboutAuthorization(refused: Refused, authorization: Authorization | undefined): boolean {
  const { response, text } = refused;
  if (response.hasLeftOrigin) return false;
  if (response.status === 401) return true;
  return response.status === 400 && authorization !== undefined && /expired|token/i.test(text);
}

function refusal(
  request: RegistryRequest,
  refused: Refused,
  authorization: Authorization | undefined,
): PaletteEdgeError {
  const { response, text } = refused;
  return registryError({
    subject: request.subject,
    registry: request.repository.registry,
    host: response.url.host,
    isRedirected: response.hasLeftOrigin,
    status: response.status,
    retryAfter: response.headers['retry-after'],
    text,
    notFoundCode: request.notFoundCode,
    credentialOrigin: authorization?.credentialOrigin,
    secrets: authorization?.secrets,
  });
}
