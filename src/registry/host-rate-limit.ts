import { PaletteEdgeError } from '../errors.ts';
import { HttpStatusError } from '../http/http-status-error.ts';
import { durationText } from '../io/duration-text.ts';

/** How many pulls a registry allows, as it last told. */
export interface RateLimit {
  readonly limit: number;
  readonly remaining: number;
  readonly windowSeconds: number;
}

const headerPattern = /^\s*([0-9]{1,9})\s*(?:;(.*))?$/s;
const windowPattern = /(?:^|;)\s*w=([0-9]{1,9})\s*(?:;|$)/;

/**
 * Reads the headers `ratelimit-limit: 100;w=21600` and `ratelimit-remaining: 93;w=21600`
 * (https://docs.docker.com/docker-hub/usage/pulls/, "View pull rate and limit"). Docker Hub sends them with manifests.
 *
 * @returns undefined when one is missing or makes no sense: other servers count other things under these names
 */
export function parseRateLimit(headers: Readonly<Record<string, string>>): RateLimit | undefined {
  const limit = parseCount(headers['ratelimit-limit']);
  const remaining = parseCount(headers['ratelimit-remaining']);
  const windowSeconds = limit?.windowSeconds ?? remaining?.windowSeconds;
  if (limit === undefined || remaining === undefined || windowSeconds === undefined) return undefined;
  if (limit.count === 0 || windowSeconds === 0) return undefined;
  return { limit: limit.count, remaining: Math.min(remaining.count, limit.count), windowSeconds };
}

/** An answer 429 without `Retry-After`. */
export interface RefusedPull {
  readonly subject: string;
  readonly registry: string;
  /** The body of the answer. */
  readonly text: string;
  readonly isLoggedIn: boolean;
  /** What the registry told, now or before. */
  readonly rateLimit: RateLimit | undefined;
}

/**
 * Tells a limit that is used up for hours from one that is over in seconds: asking again and again would not help, and
 * the user can do something.
 *
 * @returns the error `PULL_LIMIT_REACHED` (kind network), or undefined when it is worth trying again soon
 */
export function pullLimitReached(refused: RefusedPull): PaletteEdgeError | undefined {
  const { subject, registry, text, isLoggedIn, rateLimit } = refused;
  if (rateLimit?.remaining !== 0 && !/reached your .*pull rate limit/i.test(text)) return undefined;
  const window = rateLimit === undefined ? undefined : durationText(rateLimit.windowSeconds);
  const limit = rateLimit === undefined ? '' : ` (${rateLimit.limit} pulls in ${window})`;
  return new PaletteEdgeError(
    'PULL_LIMIT_REACHED',
    `${subject}: ${registry} allows no more pulls for now: its pull rate limit is used up${limit}`,
    {
      kind: 'network',
      cause: new HttpStatusError(429),
      suggestions: [
        isLoggedIn
          ? `Use an account of ${registry} with a higher limit.`
          : `Log in, for a higher limit: palette-edge login ${registry}`,
        `Or wait${window === undefined ? '' : `, at most ${window},`} and run the same command again: what was pulled so far is kept.`,
      ],
    },
  );
}

function parseCount(
  text: string | undefined,
): { count: number; windowSeconds: number | undefined } | undefined {
  const match = headerPattern.exec(text ?? '');
  if (match === null) return undefined;
  const window = windowPattern.exec(match[2] ?? '')?.[1];
  return { count: Number(match[1]), windowSeconds: window === undefined ? undefined : Number(window) };
}
