import { PaletteEdgeError } from '../errors.ts';
import type { HttpClient } from '../http/http-client.ts';
import type { HttpResponse } from '../http/http-response.ts';
import { chooseChallenge } from './authenticator.ts';
import { basicAuthorization, bearerAuthorization } from './authorization.ts';
import type { Authorization } from './authorization.ts';
import type { Challenge } from './challenge.ts';
import { registryError } from './registry-error.ts';
import { apiRootUrl } from './repository-name.ts';
import { fetchToken } from './token-flow.ts';

/** A login to try. */
export interface LoginAttempt {
  readonly http: HttpClient;
  /** As in a reference: `docker.io`, `localhost:5000`. */
  readonly registry: string;
  readonly username: string;
  readonly password: string;
  readonly signal?: AbortSignal | undefined;
}

const maximumErrorBody = 64 * 1024;

/**
 * Tries a login at the root of the registry's API, with the password itself or with a token for it, as the registry asks
 * (distribution-spec, determining support).
 *
 * @returns whether the registry asked for it: one that lets everybody see its root says nothing of the password
 * @throws PaletteEdgeError `LOGIN_REFUSED` or `LOGIN_UNSUPPORTED` (kind authentication), or kind network
 */
export async function checkLogin(attempt: LoginAttempt): Promise<{ readonly isChecked: boolean }> {
  const first = await askRoot(attempt, undefined);
  if (first.status === 200) {
    await first.discard();
    return { isChecked: false };
  }
  const challenge = first.status === 401 ? challengeOf(first, attempt) : undefined;
  if (challenge === undefined) throw wordRefusal(await refusal(first, attempt, undefined));
  await first.discard();
  try {
    const authorization = await authorize(challenge, attempt);
    const second = await askRoot(attempt, authorization);
    if (second.status !== 200) throw await refusal(second, attempt, authorization);
    await second.discard();
    return { isChecked: true };
  } catch (error) {
    throw wordRefusal(error);
  }
}

async function askRoot(
  attempt: LoginAttempt,
  authorization: Authorization | undefined,
): Promise<HttpResponse> {
  const { http, signal } = attempt;
  return await http.request({
    method: 'GET',
    url: rootUrl(attempt),
    headers: authorization === undefined ? {} : { authorization: authorization.header },
    signal,
  });
}

function rootUrl({ http, registry }: LoginAttempt): URL {
  return apiRootUrl(http, { registry });
}

function challengeOf({ url, headers, hasLeftOrigin }: HttpResponse, attempt: LoginAttempt): Challenge {
  // What a redirect's target wants is not for it to get.
  const challenge = hasLeftOrigin ? undefined : chooseChallenge(headers['www-authenticate']);
  if (challenge !== undefined) return challenge;
  throw new PaletteEdgeError(
    'LOGIN_UNSUPPORTED',
    `${attempt.registry} cannot be logged in to: ${url.host} answered 401 and asked neither for a password nor for a token`,
    { kind: 'authentication', suggestions: ['Is it a registry? Check host and port.'] },
  );
}

async function authorize({ scheme, parameters }: Challenge, attempt: LoginAttempt): Promise<Authorization> {
  const { http, registry, username, password, signal } = attempt;
  const credential = { username, password, origin: `${username}, as just given` };
  if (scheme !== 'bearer') return basicAuthorization(credential);
  const { value } = await fetchToken({
    http,
    registry,
    isPlainHttp: rootUrl(attempt).protocol === 'http:',
    realm: parameters.get('realm') ?? '',
    service: parameters.get('service'),
    scope: parameters.get('scope'),
    credential,
    signal,
  });
  return bearerAuthorization(value, credential);
}

async function refusal(
  response: HttpResponse,
  attempt: LoginAttempt,
  authorization: Authorization | undefined,
): Promise<PaletteEdgeError> {
  const { registry, username, password } = attempt;
  const text = await response.readText(maximumErrorBody).catch(() => '');
  attempt.signal?.throwIfAborted();
  const encoded = Buffer.from(`${username}:${password}`).toString('base64');
  return registryError({
    subject: `the registry ${registry}`,
    registry,
    host: response.url.host,
    isRedirected: response.hasLeftOrigin,
    status: response.status,
    retryAfter: response.headers['retry-after'],
    text,
    notFoundCode: 'NO_REGISTRY',
    credentialOrigin: authorization?.credentialOrigin ?? `${username}, not sent yet`,
    secrets: [...(authorization?.secrets ?? []), password, encoded],
  });
}

/** The same words; but who is just logging in must not be told to. */
function wordRefusal(error: unknown): unknown {
  if (!(error instanceof PaletteEdgeError) || error.code !== 'ACCESS_DENIED') return error;
  return new PaletteEdgeError('LOGIN_REFUSED', `${error.message}; nothing was kept`, {
    kind: 'authentication',
    cause: error.cause,
    suggestions: [
      'Check user name and password. Many registries take an access token in place of the password.',
    ],
  });
}
