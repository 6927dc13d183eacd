import { PaletteEdgeError } from '../errors.ts';
import type { HttpClient, HttpRequest } from '../http/http-client.ts';
import type { HttpResponse } from '../http/http-response.ts';
import { isRetryableStatus } from '../http/retry-policy.ts';
import { isRecord } from '../io/is-record.ts';
import { printable } from '../io/printable.ts';
import { basicAuthorization } from './authorization.ts';
import type { Authorization } from './authorization.ts';
import type { Credential } from './credential.ts';
import { isPasswordRefused } from './password-trials.ts';
import type { PasswordTrials } from './password-trials.ts';
import { accessDenied, registryError } from './registry-error.ts';
import type { RefusedExchange } from './registry-error.ts';

/** A token and how long it is good for, counted from before it was asked for. */
export interface Token {
  readonly value: string;
  readonly lifetimeMs: number;
}

/** A token to ask for (distribution, docs/spec/auth/token.md and oauth.md). */
export interface TokenRequest {
  readonly http: HttpClient;
  /** The registry as the user wrote it. */
  readonly registry: string;
  /** Whether the registry itself is spoken to over plain HTTP: then its realm may be, too. */
  readonly isPlainHttp: boolean;
  /** `realm` and `service` of the challenge. */
  readonly realm: string;
  readonly service: string | undefined;
  /** One scope: some servers read only the first. Undefined to ask only whether the login is good. */
  readonly scope: string | undefined;
  readonly credential: Credential | undefined;
  /** What became of passwords at login servers, shared by all requests; undefined to send the password in any case. */
  readonly passwords?: PasswordTrials<TokenAnswer>;
  readonly signal?: AbortSignal;
}

/** The answer of a login server, read. */
export interface TokenAnswer {
  readonly response: HttpResponse;
  readonly text: string;
  readonly isPasswordRefused: boolean | undefined;
}

const maximumTokenBody = 128 * 1024;
const maximumErrorBody = 64 * 1024;
const defaultLifetimeSeconds = 60;
const maximumLifetimeSeconds = 24 * 60 * 60;
const clientId = 'palette-edge';

/**
 * Asks the token server that a challenge names, once: GET with Basic, or POST with an identity token and GET when
 * the server knows no POST. Not at all with a password that this server has refused for another repository.
 *
 * @throws PaletteEdgeError kind authentication when the login is refused or the answer holds no token; kind network when
 *   the server fails
 */
export async function fetchToken(request: TokenRequest): Promise<Token> {
  const realm = checkRealm(request);
  const { passwords, signal } = request;
  const send = async (): Promise<TokenAnswer> => await readAnswer(request, await ask(request, realm));
  const answer =
    passwords === undefined
      ? await send()
      : await passwords.send(realm.origin, loginOf(request), { send, signal });
  return tokenOf(request, answer);
}

async function ask(request: TokenRequest, realm: URL): Promise<HttpResponse> {
  const { http, credential } = request;
  if (credential !== undefined && 'identityToken' in credential) {
    const response = await http.request(postRequest(request, realm, credential.identityToken));
    if (response.status !== 404 && response.status !== 405) return response;
    await response.discard();
  }
  return await http.request(getRequest(request, realm));
}

function checkRealm(request: TokenRequest): URL {
  const { realm, registry, isPlainHttp } = request;
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  const isAllowed = url?.protocol === 'https:' || (url?.protocol === 'http:' && isPlainHttp);
  if (url === undefined || !isAllowed) {
    throw new PaletteEdgeError(
      'REALM_REFUSED',
      `${registry} names a login server that is not HTTPS: ${printable(realm.split('?')[0] ?? '', 200)}`,
      {
        kind: 'authentication',
        suggestions: ['Credentials are not sent there. Ask whoever runs the registry to correct its realm.'],
      },
    );
  }
  url.username = '';
  url.password = '';
  url.hash = '';
  return url;
}

function getRequest(request: TokenRequest, realm: URL): HttpRequest {
  const url = new URL(realm);
  if (request.service !== undefined) url.searchParams.set('service', request.service);
  if (request.scope !== undefined) url.searchParams.set('scope', request.scope);
  const authorization = loginOf(request);
  return {
    method: 'GET',
    url,
    headers: authorization === undefined ? {} : { authorization: authorization.header },
    signal: request.signal,
  };
}

function postRequest(request: TokenRequest, realm: URL, identityToken: string): HttpRequest {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: clientId,
    service: request.service ?? '',
    ...(request.scope === undefined ? {} : { scope: request.scope }),
    refresh_token: identityToken,
  });
  return {
    method: 'POST',
    url: realm,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
    signal: request.signal,
  };
}

function loginOf({ credential }: TokenRequest): Authorization | undefined {
  return credential === undefined ? undefined : basicAuthorization(credential);
}

async function readAnswer({ signal }: TokenRequest, response: HttpResponse): Promise<TokenAnswer> {
  const isGood = response.status === 200;
  const text = isGood
    ? await response.readText(maximumTokenBody)
    : await response.readText(maximumErrorBody).catch(() => '');
  signal?.throwIfAborted();
  return { response, text, isPasswordRefused: isPasswordRefused(response) };
}

function tokenOf(request: TokenRequest, answer: TokenAnswer): Token {
  const { response } = answer;
  if (response.status !== 200) throw refusal(request, answer);
  const body = parseBody(answer.text);
  const value = [body['token'], body['access_token']].find((text) => typeof text === 'string' && text !== '');
  // Visible ASCII only: it goes into a header.
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) {
    throw new PaletteEdgeError(
      'TOKEN_INVALID',
      `the login server ${response.url.host} of ${request.registry} answered without a usable token`,
      { kind: 'authentication' },
    );
  }
  return { value, lifetimeMs: lifetimeSeconds(body['expires_in']) * 1000 };
}

function refusal(request: TokenRequest, { response, text }: TokenAnswer): PaletteEdgeError {
  const login = loginOf(request);
  const { scope } = request;
  const exchange: RefusedExchange = {
    subject: `logging in to ${request.registry}${scope === undefined ? '' : ` for ${printable(scope, 200)}`}`,
    registry: request.registry,
    host: response.url.host,
    isRedirected: response.hasLeftOrigin,
    status: response.status,
    retryAfter: response.headers['retry-after'],
    text,
    notFoundCode: 'LOGIN_SERVER_NOT_FOUND',
    credentialOrigin: login?.credentialOrigin,
    secrets: login?.secrets,
  };
  // Login servers say 400 or 404, too, to those they do not like.
  const isRefused = response.status >= 400 && !isRetryableStatus(response.status);
  return isRefused ? accessDenied(exchange) : registryError(exchange);
}

function parseBody(text: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text);
    return isRecord(body) ? body : {};
  } catch {
    // Its error would quote the body, and the body may hold a token.
    return {};
  }
}

function lifetimeSeconds(value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) return defaultLifetimeSeconds;
  return Math.min(value, maximumLifetimeSeconds);
}
