import { PaletteEdgeError } from '../errors.ts';
import type { NamePrefix } from '../oci/name-prefix.ts';
import { registryOfHost } from '../registry/repository-name.ts';

const pathComponent = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;

/** Two prefixes of names that a person wrote with `=` between them. */
export interface PrefixPair {
  readonly from: NamePrefix;
  readonly to: NamePrefix;
}

/** The flag whose value a pair is, for messages. */
export interface PrefixFlag {
  /** `--mirror` */
  readonly name: string;
  /** Of the error for what cannot be read. */
  readonly code: string;
  readonly example: string;
  /** What a pair of the same name twice would be: `names a mirror of itself`. */
  readonly pointless?: string;
  /** What is expected behind the name; `PREFIX=PREFIX` unless given. */
  readonly shape?: string;
}

/**
 * Reads one prefix of names: `registry.corp:5000/hub`, `ghcr.io`.
 *
 * @throws as {@link prefixPair}
 */
export function namePrefix(text: string, flag: PrefixFlag): NamePrefix {
  refuseCredentials(text, flag);
  return prefixOf(text, text, flag);
}

/**
 * Reads `PREFIX=PREFIX`: `docker.io=mirror.corp:5000/hub`, `ghcr.io/org=[fd00::1]:5000/ghcr-org`.
 *
 * @throws PaletteEdgeError with the code of the flag (kind usage); what may be a password is not told
 */
export function prefixPair(text: string, flag: PrefixFlag): PrefixPair {
  refuseCredentials(text, flag);
  const equals = text.indexOf('=');
  if (equals === -1 || text.includes('=', equals + 1)) {
    throw invalid(flag, `${JSON.stringify(text)} is not two names with one = between them`);
  }
  const [left, right] = [text.slice(0, equals).trim(), text.slice(equals + 1).trim()];
  const pair = { from: prefixOf(left, text, flag), to: prefixOf(right, text, flag) };
  if (isSame(pair)) throw invalid(flag, `${JSON.stringify(text)} ${flag.pointless ?? ''}`);
  return pair;
}

/** Neither can be in a name. */
function refuseCredentials(text: string, flag: PrefixFlag): void {
  const { name, code } = flag;
  if (!/[@?#]/.test(text)) return;
  throw new PaletteEdgeError(code, `${name} takes names without user, password, tag, digest and query`, {
    kind: 'usage',
    suggestions: [
      adviceFor(flag),
      'Give credentials with palette-edge login, --cred-file-path or --registries-file.',
    ],
  });
}

function prefixOf(name: string, text: string, flag: PrefixFlag): NamePrefix {
  refuseScheme(name, text, flag);
  const bare = name.replace(/\/$/, '');
  const slash = bare.indexOf('/');
  const host = (slash === -1 ? bare : bare.slice(0, slash)).toLowerCase();
  const path = slash === -1 ? '' : bare.slice(slash + 1);
  const registry = registryOfHost(host);
  if (!isHost(registry)) throw noHost(bare, text, flag);
  const wrong = path === '' ? undefined : path.split('/').find((part) => !pathComponent.test(part));
  if (wrong !== undefined)
    throw invalid(flag, `${JSON.stringify(text)}: ${JSON.stringify(wrong)} is no part of a repository name`, [
      'Names are lower-case, and a tag is no part of them: whole names of folders only.',
    ]);
  return { registry, path };
}

function refuseScheme(name: string, text: string, flag: PrefixFlag): void {
  const [, scheme, rest = ''] = /^([a-z]+):\/\/(.*)$/i.exec(name) ?? [];
  if (scheme === undefined) return;
  const [host = ''] = rest.split('/');
  throw invalid(flag, `${JSON.stringify(text)}: a name has no ${scheme.toLowerCase()}://`, [
    `Write ${JSON.stringify(text.replace(name, () => rest))}.`,
    ...(scheme.toLowerCase() === 'http' ? [`To speak plain HTTP to it, add: --plain-http ${host}`] : []),
  ]);
}

/** As in a reference: a name without dot and port is no host, except localhost. */
function isHost(host: string): boolean {
  if (!/^[a-z0-9.-]+(?::[0-9]+)?$|^\[[0-9a-f:.]+\](?::[0-9]+)?$/.test(host)) return false;
  return (/[.:]/.test(host) || host === 'localhost') && URL.canParse(`https://${host}/`);
}

function noHost(name: string, text: string, flag: PrefixFlag): PaletteEdgeError {
  const host = name.split('/', 1)[0] ?? '';
  const rest = name.slice(host.length);
  const guess = `For what is on Docker Hub, write docker.io/${name}; for a host without a dot its port, as ${host}:443${rest}.`;
  const reason = `${JSON.stringify(text)}: ${JSON.stringify(host)} is no registry host`;
  return invalid(flag, reason, /^[a-z0-9-]+$/.test(host) ? [guess] : []);
}

function isSame({ from, to }: PrefixPair): boolean {
  return from.registry === to.registry && from.path === to.path;
}

function adviceFor({ name, shape = 'PREFIX=PREFIX', example }: PrefixFlag): string {
  return `Expected ${[name, shape].filter(Boolean).join(' ')}, as in ${example}.`;
}

function invalid(flag: PrefixFlag, reason: string, suggestions: readonly string[] = []): PaletteEdgeError {
  const { name, code } = flag;
  return new PaletteEdgeError(code, `${name} ${reason}`, {
    kind: 'usage',
    suggestions: suggestions.length > 0 ? suggestions : [adviceFor(flag)],
  });
}
