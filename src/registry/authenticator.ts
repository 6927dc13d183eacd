import { PaletteEdgeError } from '../errors.ts';
import type { HttpClient } from '../http/http-client.ts';
import { isRetryableStatus } from '../http/retry-policy.ts';
import { untilAborted } from '../io/until-aborted.ts';
import { basicAuthorization, bearerAuthorization } from './authorization.ts';
import type { Authorization } from './authorization.ts';
import { parseChallenges } from './challenge.ts';
import type { Challenge } from './challenge.ts';
import type { CredentialSource } from './credentials.ts';
import { PasswordTrials } from './password-trials.ts';
import { registryError } from './registry-error.ts';
import { apiRootUrl, placeKey } from './repository-name.ts';
import type { RepositoryName } from './repository-name.ts';
import { fetchToken } from './token-flow.ts';
import type { TokenAnswer } from './token-flow.ts';

/** The parts an authenticator works with. */
export interface AuthenticatorOptions {
  readonly http: HttpClient;
  readonly credentials: CredentialSource;
  /** Whether tokens are to be good for pushing, too: the first request may only read, and names pull in its challenge. */
  readonly isForPush?: boolean | undefined;
  /** The time in milliseconds; tests move it. */
  readonly now?: () => number;
}

/** What is to be done in a repository. */
export interface AuthorizedRepository extends RepositoryName {
  /** Another one of the same registry that a blob is mounted from. */
  readonly mountFrom?: string | undefined;
}

/** What is remembered of one repository: registries may name another login server for each. */
interface Session {
  challenge?: Challenge;
  grant?: Grant;
  /** The login under way; whoever needs one meanwhile waits for it. */
  login?: Promise<Grant | undefined>;
  /** A refused login: trying the same password again could lock the account. */
  refusal?: PaletteEdgeError;
}

interface Grant {
  readonly authorization: Authorization;
  /** When to ask for a new one, by the authenticator's clock. */
  readonly renewAt: number;
}

const renewalMarginMs = 30_000;

/**
 * Logs in to registries and remembers what they gave. One login at a time per repository. Does not retry: a failure of
 * the login server fails the request that needed the login, and that one is retried.
 */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #now: () => number;
  readonly #sessions = new Map<string, Session>();
  /** What the roots of APIs ask for, by URL. */
  readonly #roots = new Map<string, Promise<Challenge | undefined>>();
  readonly #passwords = new PasswordTrials<TokenAnswer>();

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** What to send with a request now: undefined as long as the registry has asked for nothing. */
  async current(repository: AuthorizedRepository, signal?: AbortSignal): Promise<Authorization | undefined> {
    const session = this.#session(repository);
    if (session.refusal !== undefined) throw session.refusal;
    if (session.grant !== undefined && this.#now() < session.grant.renewAt)
      return session.grant.authorization;
    if (session.challenge === undefined) return undefined;
    return await this.#logIn(repository, session, signal);
  }

  /**
   * Logs in anew after an answer that refused `rejected`.
   *
   * @param rejected what was sent with the refused request
   * @param header its `WWW-Authenticate`; without one the registry's root is asked
   * @returns undefined when the registry wants nothing that can be given
   */
  async renew(
    repository: AuthorizedRepository,
    rejected: Authorization | undefined,
    { header, signal }: { readonly header: string | undefined; readonly signal?: AbortSignal },
  ): Promise<Authorization | undefined> {
    const session = this.#session(repository);
    if (session.refusal !== undefined) throw session.refusal;
    const { grant } = session;
    // Another request was quicker.
    if (grant !== undefined && grant.authorization.header !== rejected?.header) return grant.authorization;
    const challenge =
      chooseChallenge(header) ?? session.challenge ?? (await this.#challengeOfRoot(repository, signal));
    if (challenge === undefined) return undefined;
    if (session.grant === grant) {
      session.challenge = challenge;
      session.grant = undefined;
    }
    return await this.#logIn(repository, session, signal);
  }

  #session(repository: AuthorizedRepository): Session {
    const place = placeKey(repository);
    const { mountFrom } = repository;
    const key = mountFrom === undefined ? place : `${place} ${mountFrom}`;
    const known = this.#sessions.get(key);
    if (known !== undefined) return known;
    // What the repository asks for is known already, but a token for it is not good for the other one.
    const session: Session = { challenge: this.#sessions.get(place)?.challenge };
    this.#sessions.set(key, session);
    return session;
  }

  async #logIn(
    repository: AuthorizedRepository,
    session: Session,
    signal: AbortSignal | undefined,
  ): Promise<Authorization | undefined> {
    if (session.grant !== undefined && this.#now() < session.grant.renewAt)
      return session.grant.authorization;
    if (session.login === undefined) {
      session.login = this.#runLogin(repository, session);
      // All who wait for it may have given up when it fails.
      session.login.catch(() => undefined);
    }
    // The login belongs to all who wait: one of them giving up must not end it.
    const grant = await untilAborted(session.login, signal);
    return grant?.authorization;
  }

  async #runLogin(repository: AuthorizedRepository, session: Session): Promise<Grant | undefined> {
    try {
      session.grant = await this.#grant(repository, session.challenge);
      return session.grant;
    } catch (error) {
      if (error instanceof PaletteEdgeError && error.kind === 'authentication') session.refusal = error;
      throw error;
    } finally {
      session.login = undefined;
    }
  }

  async #grant(
    repository: AuthorizedRepository,
    challenge: Challenge | undefined,
  ): Promise<Grant | undefined> {
    const { http, credentials, isForPush } = this.#options;
    const { registry } = repository;
    const credential = await credentials.find(registry, repository.repository);
    if (challenge?.scheme !== 'bearer') {
      if (credential === undefined) return undefined;
      return { authorization: basicAuthorization(credential), renewAt: Infinity };
    }
    const { parameters } = challenge;
    // Some say none by an empty one: a token for that would open nothing.
    const scope = parameters.get('scope')?.trim() || `repository:${repository.repository}:pull`;
    const askedAt = this.#now();
    const { value, lifetimeMs } = await fetchToken({
      http,
      registry,
      isPlainHttp: apiRootUrl(http, repository).protocol === 'http:',
      realm: parameters.get('realm') ?? '',
      service: parameters.get('service'),
      scope: isForPush === true ? pushScope(scope, repository) : scope,
      credential,
      passwords: this.#passwords,
    });
    return {
      authorization: bearerAuthorization(value, credential),
      renewAt: askedAt + lifetimeMs - Math.min(renewalMarginMs, lifetimeMs / 4),
    };
  }

  /** Some registries challenge at their root only (distribution-spec, determining support). Asked once for all repositories. */
  async #challengeOfRoot(
    repository: RepositoryName,
    signal: AbortSignal | undefined,
  ): Promise<Challenge | undefined> {
    const url = apiRootUrl(this.#options.http, repository);
    const known = this.#roots.get(url.href);
    if (known !== undefined) return await untilAborted(known, signal);
    const asked = this.#askRoot(url, repository);
    this.#roots.set(url.href, asked);
    asked.catch(() => this.#roots.delete(url.href));
    return await untilAborted(asked, signal);
  }

  async #askRoot(url: URL, { registry }: RepositoryName): Promise<Challenge | undefined> {
    const response = await this.#options.http.request({ method: 'GET', url });
    await response.discard();
    const { status, hasLeftOrigin } = response;
    if (isRetryableStatus(status)) {
      throw registryError({
        subject: `the registry ${registry}`,
        registry,
        host: response.url.host,
        isRedirected: hasLeftOrigin,
        status,
        retryAfter: response.headers['retry-after'],
        text: '',
        notFoundCode: 'NO_REGISTRY',
      });
    }
    if (status !== 401 || hasLeftOrigin) return undefined;
    const challenge = chooseChallenge(response.headers['www-authenticate']);
    return challenge === undefined ? undefined : withoutScope(challenge);
  }
}

/** Adds what pushing takes to the scope of a request that only read (distribution, docs/spec/auth/scope.md). */
function pushScope(scope: string, { repository, mountFrom }: AuthorizedRepository): string {
  const pulls = `repository:${repository}:pull`;
  const scopes = scope.split(' ').map((part) => (part === pulls ? `${pulls},push` : part));
  const wanted = mountFrom === undefined ? [] : [`repository:${mountFrom}:pull`];
  return [...new Set([...scopes, ...wanted])].join(' ');
}

/** What a root says of scopes holds for no repository: GHCR names `repository:user/image:pull` there. */
function withoutScope({ scheme, parameters }: Challenge): Challenge {
  return { scheme, parameters: new Map([...parameters].filter(([name]) => name !== 'scope')) };
}

/** The challenge of a `WWW-Authenticate` header that can be met: a token before a password. */
export function chooseChallenge(header: string | undefined): Challenge | undefined {
  const challenges = header === undefined ? [] : parseChallenges(header);
  return (
    challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.has('realm')) ??
    challenges.find(({ scheme }) => scheme === 'basic')
  );
}
