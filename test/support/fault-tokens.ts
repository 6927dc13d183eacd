import { textAnswer } from './fault-content.ts';
import type { WholeAnswer } from './fault-content.ts';
import { send } from './fault-registry.ts';
import type { Fault, FaultRegistry, Gate } from './fault-registry.ts';

/** How a registry wants its tokens, and how its token server at `/token` gives them. */
export interface TokenGateOptions {
  /** The requests that find all tokens expired that there were so far: counted over all tokens, from 1. */
  readonly expireAt?: readonly number[];
  /** The answer to a token that has expired: 401 with a challenge, or ECR Public's 400 without. */
  readonly expiredAnswer?: 401 | 400;
  /** Where the challenge is: on every refusal, on the one of `/v2/` only, or on none. */
  readonly challengeAt?: 'everywhere' | 'root' | 'nowhere';
  /** Where tokens are given; its own `/token` unless said otherwise. */
  readonly realm?: string;
}

/** What the token server gave. */
export interface TokenGate {
  readonly gate: Gate;
  /** Every token, with the scopes it was asked for. */
  readonly issued: ReadonlyMap<string, readonly string[]>;
}

/** A registry that lets in who has a token for the repository. Its token server reads only the first scope. */
export function tokenGate(options: TokenGateOptions = {}): TokenGate {
  const { expireAt = [], expiredAnswer = 401, challengeAt = 'everywhere' } = options;
  const issued = new Map<string, string[]>();
  const expired = new Set<string>();
  let uses = 0;
  const issue = (query: URLSearchParams): WholeAnswer => {
    const token = `token-${issued.size + 1}`;
    issued.set(token, query.getAll('scope'));
    return textAnswer(200, JSON.stringify({ token, access_token: token, expires_in: 300 }));
  };
  const challenge = (path: string, registry: Pick<FaultRegistry, 'origin'>): WholeAnswer => {
    const scope = scopeOf(path);
    const realm = options.realm ?? `${registry.origin}/token`;
    const parameters = [`realm="${realm}"`, 'service="faults"', ...(scope ? [`scope="${scope}"`] : [])];
    const shown = challengeAt === 'everywhere' || (challengeAt === 'root' && path === '/v2/');
    return unauthorized(shown ? { 'www-authenticate': `Bearer ${parameters.join(',')}` } : {});
  };
  const isExpired = (token: string): boolean => {
    uses += 1;
    if (expireAt.includes(uses)) for (const name of issued.keys()) expired.add(name);
    return expired.has(token);
  };
  const enter = (
    path: string,
    token: string,
    registry: Pick<FaultRegistry, 'origin'>,
  ): WholeAnswer | undefined => {
    const wanted = scopeOf(path);
    const isGranted = wanted !== undefined && issued.get(token)?.at(0) === wanted;
    if (isGranted && !isExpired(token)) return undefined;
    return isGranted && expiredAnswer === 400 ? tokenExpired : challenge(path, registry);
  };
  const gate: Gate = ({ method, url = '', headers, body }, registry) => {
    const { pathname, searchParams } = new URL(url, registry.origin);
    if (pathname === '/token') return issue(method === 'POST' ? new URLSearchParams(body) : searchParams);
    return enter(pathname, headers.authorization?.replace(/^Bearer /, '') ?? '', registry);
  };
  return { gate, issued };
}

const tokenExpired = textAnswer(
  400,
  '{"errors":[{"code":"DENIED","message":"Your authorization token has expired."}]}',
);

/** A registry that knows nothing but Basic. */
export function basicGate(username: string, password: string): Gate {
  const expected = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  return ({ headers }) =>
    headers.authorization === expected
      ? undefined
      : unauthorized({ 'www-authenticate': 'Basic realm="faults"' });
}

/** The token as `access_token` only, as Azure's registry gives it. */
export const accessTokenOnly: Fault = (exchange) => {
  const { token } = tokenDocument(exchange.answer);
  send(exchange, textAnswer(200, JSON.stringify({ access_token: token, expires_in: 300 })));
};

/** The token without how long it is good for. */
export const withoutExpiry: Fault = (exchange) => {
  const { token } = tokenDocument(exchange.answer);
  send(exchange, textAnswer(200, JSON.stringify({ token })));
};

/** A token that is good for a second. */
export const expiresInOneSecond: Fault = (exchange) => {
  const { token } = tokenDocument(exchange.answer);
  send(exchange, textAnswer(200, JSON.stringify({ token, expires_in: 1 })));
};

/** A document without any token. */
export const withoutToken: Fault = (exchange) => send(exchange, textAnswer(200, '{"expires_in":300}'));

function tokenDocument({ body }: WholeAnswer): { readonly token: string } {
  const document: { token: string } = JSON.parse(body.toString());
  return document;
}

/** Pulling from the repository of a path; undefined for the root. */
function scopeOf(path: string): string | undefined {
  const repository = /^\/v2\/(.+)\/(?:manifests|blobs|referrers)\//.exec(path)?.[1];
  return repository === undefined ? undefined : `repository:${repository}:pull`;
}

function unauthorized(headers: Record<string, string>): WholeAnswer {
  return textAnswer(401, '{"errors":[{"code":"UNAUTHORIZED","message":"no"}]}', headers);
}
