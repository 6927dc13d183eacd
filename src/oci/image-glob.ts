import { PaletteEdgeError } from '../errors.ts';
import { formatRepository } from './reference.ts';
import type { Reference } from './reference.ts';

/** A pattern of references. */
export interface ImageGlob {
  /** As it was written. */
  readonly text: string;
  /** Whether the reference is one of those that the pattern names. */
  readonly matches: (reference: Reference) => boolean;
}

const maximumLength = 1024;
const allowed = /^[\w.:/@*[\]-]+$/;
const hubAliases: ReadonlySet<string> = new Set(['index.docker.io', 'registry-1.docker.io']);

/**
 * Reads a pattern of references: `*` stands for anything within a component, `**` for anything. What a reference implies, a
 * pattern implies too: `nginx:*` is `docker.io/library/nginx:*`. Without tag and digest it stands for all of them.
 *
 * @throws PaletteEdgeError `IMAGE_GLOB_INVALID` (kind usage)
 */
export function imageGlob(text: string): ImageGlob {
  const bare = text.trim();
  if (bare === '' || bare.length > maximumLength || !allowed.test(bare)) throw invalid(text);
  const tokens = tokensOf(inFull(bare));
  return { text, matches: (reference) => namesOf(reference).some((name) => isMatch(tokens, name)) };
}

/** A pattern for `app` is one for `app:1.0`, for `app@sha256:…` and for both together. */
function namesOf(reference: Reference): string[] {
  const repository = formatRepository(reference);
  const tag = reference.tag === undefined ? [] : [`:${reference.tag}`];
  const digest = reference.digest === undefined ? [] : [`@${reference.digest}`];
  return [...new Set(['', ...tag, ...digest, [...tag, ...digest].join('')])].map(
    (end) => `${repository}${end}`,
  );
}

/** With the registry, and on Docker Hub with `library/`, as references have it. */
function inFull(glob: string): string {
  const slash = glob.indexOf('/');
  const first = slash === -1 ? '' : glob.slice(0, slash);
  if (glob.startsWith('**') || first.includes('**')) return glob;
  if (!isHost(first)) return onHub(glob);
  return first === 'docker.io' || hubAliases.has(first) ? onHub(glob.slice(slash + 1)) : glob;
}

function isHost(text: string): boolean {
  return /[.:*]/.test(text) || text === 'localhost';
}

function onHub(path: string): string {
  return path.includes('/') || path.includes('**') ? `docker.io/${path}` : `docker.io/library/${path}`;
}

function tokensOf(glob: string): readonly string[] {
  return glob.match(/\*{2,}|./gs)?.map((token) => (token.startsWith('**') ? '**' : token)) ?? [];
}

/** All places that the text so far can have led to, character by character: no pattern makes it slow. */
function isMatch(tokens: readonly string[], text: string): boolean {
  let reached = passStars(tokens, new Set([0]));
  for (const character of text) {
    const next = new Set<number>();
    for (const at of reached) {
      const token = tokens[at];
      if (token === '**' || (token === '*' && character !== '/')) next.add(at);
      else if (token === character) next.add(at + 1);
    }
    reached = passStars(tokens, next);
    if (reached.size === 0) return false;
  }
  return reached.has(tokens.length);
}

/** A star may stand for nothing. */
function passStars(tokens: readonly string[], places: Set<number>): Set<number> {
  // A set is iterated to its end, what is added meanwhile included.
  for (const at of places) if (tokens[at]?.startsWith('*') === true) places.add(at + 1);
  return places;
}

function invalid(text: string): PaletteEdgeError {
  return new PaletteEdgeError(
    'IMAGE_GLOB_INVALID',
    `${JSON.stringify(text.slice(0, 100))} is no pattern of image references`,
    {
      kind: 'usage',
      suggestions: [
        'Expected a reference with * for anything within a component, or ** for anything: gcr.io/*/debug:*, **/test-*',
      ],
    },
  );
}
