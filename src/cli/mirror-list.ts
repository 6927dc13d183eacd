import { PaletteEdgeError } from '../errors.ts';
import { registryOfHost } from '../registry/repository-name.ts';
import type { NamePrefix, PrefixMirror } from '../registry/route.ts';

const pathComponent = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const advice = 'Expected --mirror PREFIX=PREFIX, as in docker.io=mirror.example.com:5000/hub.';

/**
 * Reads the values of `--mirror`: `docker.io=mirror.corp:5000/hub`, `ghcr.io/org=[fd00::1]:5000/ghcr-org`.
 *
 * @throws PaletteEdgeError `MIRROR_INVALID` (kind usage); what may be a password is not told
 */
export function mirrorList(texts: readonly string[]): PrefixMirror[] {
  return texts.map((text) => {
    refuseCredentials(text);
    const equals = text.indexOf('=');
    if (equals === -1 || text.includes('=', equals + 1)) {
      throw invalid(`${JSON.stringify(text)} is not two names with one = between them`);
    }
    const [left, right] = [text.slice(0, equals).trim(), text.slice(equals + 1).trim()];
    const mirrored = { original: prefixOf(left, text), mirror: prefixOf(right, text) };
    if (isSame(mirrored)) throw invalid(`${JSON.stringify(text)} names a mirror of itself`);
    return mirrored;
  });
}

/** Neither can be in a name. */
function refuseCredentials(text: string): void {
  if (!/[@?#]/.test(text)) return;
  throw new PaletteEdgeError(
    'MIRROR_INVALID',
    '--mirror takes names without user, password, tag, digest and query',
    {
      kind: 'usage',
      suggestions: [advice, 'Give credentials with docker login, --cred-file-path or --registries-file.'],
    },
  );
}

function prefixOf(name: string, text: string): NamePrefix {
  refuseScheme(name, text);
  const bare = name.replace(/\/$/, '');
  const slash = bare.indexOf('/');
  const host = (slash === -1 ? bare : bare.slice(0, slash)).toLowerCase();
  const path = slash === -1 ? '' : bare.slice(slash + 1);
  const registry = registryOfHost(host);
  if (!isHost(registry)) throw noHost(bare, text);
  const wrong = path === '' ? undefined : path.split('/').find((part) => !pathComponent.test(part));
  if (wrong !== undefined)
    throw invalid(`${JSON.stringify(text)}: ${JSON.stringify(wrong)} is no part of a repository name`, [
      'Names are lower-case, and a tag is no part of them: whole names of folders only.',
    ]);
  return { registry, path };
}

function refuseScheme(name: string, text: string): void {
  const [, scheme, rest = ''] = /^([a-z]+):\/\/(.*)$/i.exec(name) ?? [];
  if (scheme === undefined) return;
  const [host = ''] = rest.split('/');
  throw invalid(`${JSON.stringify(text)}: a name has no ${scheme.toLowerCase()}://`, [
    `Write ${JSON.stringify(text.replace(name, () => rest))}.`,
    ...(scheme.toLowerCase() === 'http' ? [`To speak plain HTTP to it, add: --plain-http ${host}`] : []),
  ]);
}

/** As in a reference: a name without dot and port is no host, except localhost. */
function isHost(host: string): boolean {
  if (!/^[a-z0-9.-]+(?::[0-9]+)?$|^\[[0-9a-f:.]+\](?::[0-9]+)?$/.test(host)) return false;
  return (/[.:]/.test(host) || host === 'localhost') && URL.canParse(`https://${host}/`);
}

function noHost(name: string, text: string): PaletteEdgeError {
  const host = name.split('/', 1)[0] ?? '';
  const rest = name.slice(host.length);
  const guess = `For what is on Docker Hub, write docker.io/${name}; for a host without a dot its port, as ${host}:443${rest}.`;
  const reason = `${JSON.stringify(text)}: ${JSON.stringify(host)} is no registry host`;
  return invalid(reason, /^[a-z0-9-]+$/.test(host) ? [guess] : []);
}

function isSame({ original, mirror }: PrefixMirror): boolean {
  return original.registry === mirror.registry && original.path === mirror.path;
}

function invalid(reason: string, suggestions: readonly string[] = []): PaletteEdgeError {
  return new PaletteEdgeError('MIRROR_INVALID', `--mirror ${reason}`, {
    kind: 'usage',
    suggestions: suggestions.length > 0 ? suggestions : [advice],
  });
}
