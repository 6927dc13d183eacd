import { PaletteEdgeError } from '../errors.ts';
import { isDigest } from './digest.ts';
import type { Digest } from './digest.ts';

/**
 * An image reference by Docker's rules (github.com/distribution/reference), with everything implied written out:
 * registry always named, `library/` added on Docker Hub, tag `latest` when neither tag nor digest was given.
 */
export interface Reference {
  /** `docker.io`, `ghcr.io`, `localhost:5000`, `[::1]:5000`. */
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

const schemes = ['container://', 'docker://', 'oci://'];
const hubAliases = new Set(['index.docker.io', 'registry-1.docker.io']);
const repositoryComponent = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const hostPattern =
  /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/;
const tagPattern = /^\w[\w.-]{0,127}$/;
const imageId = /^[0-9a-f]{64}$/;
const maximumNameLength = 255;
const maximumTextLength = 1024;

/**
 * Reads an image reference as people write it: with or without registry, with a `container://`, `docker://` or
 * `oci://` prefix, with tag, digest or both.
 *
 * @throws PaletteEdgeError `REFERENCE_INVALID` (kind usage) that says what is wrong with it
 */
export function parseReference(text: string): Reference {
  refuseUserInfo(text);
  if (text.length > maximumTextLength) throw invalid(text, 'it is longer than 1024 characters');
  const bare = withoutScheme(text.trim());
  if (bare === '') throw invalid(text, 'it is empty');
  refuseWebAddress(bare, text);
  if (isDigest(bare) || imageId.test(bare)) throw invalid(text, 'it is an image id; name a repository');
  const { name, tag, digest } = splitReference(bare, text);
  const { registry, repository } = splitName(name, text);
  return { registry, repository, tag: tag ?? (digest === undefined ? 'latest' : undefined), digest };
}

/** The reference in full: `docker.io/library/nginx:1.27@sha256:…`. Parsing it again gives the same reference. */
export function formatReference(reference: Reference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`;
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`;
  return `${formatRepository(reference)}${tag}${digest}`;
}

/** Registry and repository: `docker.io/library/nginx`. */
export function formatRepository(reference: Pick<Reference, 'registry' | 'repository'>): string {
  return `${reference.registry}/${reference.repository}`;
}

/** Whether a text can be a tag (distribution-spec, "Pulling manifests"). */
export function isTag(text: string): boolean {
  return tagPattern.test(text);
}

/** Whether the text as the user wrote it names neither a tag nor a digest, so that `latest` was implied. */
export function hasImplicitTag(text: string): boolean {
  const bare = withoutScheme(text.trim());
  return !bare.includes('@') && bare.lastIndexOf(':') <= bare.lastIndexOf('/');
}

/**
 * The text with what stands before `@` hidden, unless a digest follows: it may be a password, and messages hold none.
 * A text without `:` before and `/` behind, as `nginx@1.27`, has a mistaken digest and stays.
 */
export function maskUserInfo(text: string): string {
  const end = userInfoEnd(text);
  if (end === undefined) return text;
  const scheme = /^\s*[a-z]+:\/\//i.exec(text)?.[0] ?? '';
  return `${scheme}***${text.slice(end)}`;
}

/** Where the `@` behind user and password is; passwords may have one themselves, so the last one counts. */
function userInfoEnd(text: string): number | undefined {
  let at = text.lastIndexOf('@');
  while (at > 0 && startsDigest(text, at + 1)) at = text.lastIndexOf('@', at - 1);
  if (at < 1 || at === text.trimEnd().length - 1) return undefined;
  return text.lastIndexOf(':', at) !== -1 || text.includes('/', at) ? at : undefined;
}

function startsDigest(text: string, at: number): boolean {
  return /^sha\d+:/i.test(text.slice(at, at + 8));
}

function refuseUserInfo(text: string): void {
  if (userInfoEnd(text) === undefined) return;
  throw invalid(
    text,
    'credentials do not belong in a reference, and only a digest, sha256: and 64 lower-case hex digits, may follow @',
    ['Log in with palette-edge login, or give the credentials with --cred-file-path FILE.'],
  );
}

/** A registry's address as browsers have it. */
function refuseWebAddress(bare: string, text: string): void {
  const scheme = /^https?:\/\//i.exec(bare)?.[0];
  if (scheme === undefined) return;
  throw invalid(text, `a reference has no ${scheme.toLowerCase()}`, [
    `Write ${JSON.stringify(bare.slice(scheme.length))}.`,
  ]);
}

function withoutScheme(text: string): string {
  const scheme = schemes.find((prefix) => text.startsWith(prefix));
  return scheme === undefined ? text : text.slice(scheme.length);
}

function splitReference(
  bare: string,
  text: string,
): { name: string; tag: string | undefined; digest: Digest | undefined } {
  const at = bare.indexOf('@');
  const beforeDigest = at === -1 ? bare : bare.slice(0, at);
  const digest = at === -1 ? undefined : bare.slice(at + 1);
  if (digest !== undefined && !isDigest(digest)) {
    throw invalid(text, `the digest ${JSON.stringify(digest)} is not sha256: and 64 lower-case hex digits`);
  }
  const colon = beforeDigest.lastIndexOf(':');
  const hasTag = colon > beforeDigest.lastIndexOf('/') && !beforeDigest.endsWith(']');
  const tag = hasTag ? beforeDigest.slice(colon + 1) : undefined;
  if (tag !== undefined && !tagPattern.test(tag)) {
    throw invalid(text, `the tag ${JSON.stringify(tag)} has characters a tag cannot have`);
  }
  return { name: hasTag ? beforeDigest.slice(0, colon) : beforeDigest, tag, digest };
}

function splitName(name: string, text: string): { registry: string; repository: string } {
  if (name !== name.toLowerCase()) {
    const rest = withoutScheme(text.trim()).slice(name.length);
    throw invalid(text, 'names are lower-case', [
      `Write ${JSON.stringify(name.toLowerCase() + rest)}, if that is the name it was pushed under.`,
    ]);
  }
  const { host, path } = splitHost(name);
  if (!canBeAsked(host)) throw invalid(text, `${JSON.stringify(host)} is no registry host`);
  checkPath(path, text);
  const { registry, repository } = normaliseHub(host, path);
  // In full, or the reference that was written out could not be read again.
  if (repository.length > maximumNameLength)
    throw invalid(text, `its repository is longer than ${maximumNameLength} characters`);
  return { registry, repository };
}

/** The first part is a host when it looks like one; everything else is on Docker Hub. */
function splitHost(name: string): { host: string; path: string } {
  const slash = name.indexOf('/');
  const first = slash === -1 ? '' : name.slice(0, slash);
  const isHost = /[.:]/.test(first) || first === 'localhost';
  return isHost ? { host: first, path: name.slice(slash + 1) } : { host: 'docker.io', path: name };
}

/**
 * Whether it is a host that can be asked: not so 10.0.0.300 and port 99999, which look like hosts. What URLs write in another
 * way is none either: 010.0.0.1 would be asked at 8.0.0.1.
 */
function canBeAsked(host: string): boolean {
  if (!hostPattern.test(host) || host.length > maximumNameLength || !URL.canParse(`https://${host}/`))
    return false;
  const { hostname } = new URL(`https://${host}/`);
  return host.startsWith('[') || hostname === host.replace(/:[0-9]+$/, '');
}

function checkPath(path: string, text: string): void {
  const wrong = path.split('/').find((component) => !repositoryComponent.test(component));
  if (wrong !== undefined) {
    throw invalid(text, `${JSON.stringify(wrong)} is no valid part of a repository name`);
  }
}

function normaliseHub(registry: string, path: string): { registry: string; repository: string } {
  const host = hubAliases.has(registry) ? 'docker.io' : registry;
  const repository = host === 'docker.io' && !path.includes('/') ? `library/${path}` : path;
  return { registry: host, repository };
}

function invalid(text: string, reason: string, suggestions: readonly string[] = []): PaletteEdgeError {
  // Hidden first: cut off, the text might have lost its @.
  const masked = maskUserInfo(text);
  const shown = text.length > maximumTextLength ? masked.slice(0, 80) : masked;
  return new PaletteEdgeError(
    'REFERENCE_INVALID',
    `${JSON.stringify(shown)} is no image reference: ${reason}`,
    {
      kind: 'usage',
      suggestions:
        suggestions.length > 0 ? suggestions : ['Expected [registry/]repository[:tag][@sha256:digest].'],
    },
  );
}
