import { registryOfHost } from '../registry/repository-name.ts';
import type { MirrorEndpoint, RegistryMirrors } from '../registry/route.ts';
import { fieldsOf, invalidPiece, itemsOf, textOf } from './registries-piece.ts';
import type { RegistriesPiece } from './registries-piece.ts';
import { registryHost } from './registries-host.ts';
import { nameRewrite } from './registries-rewrite.ts';

/** The mirrors of a registries file. */
export interface MirrorSection {
  readonly registries: ReadonlyMap<string, RegistryMirrors>;
  /** `host:port` of every endpoint with `http://`. */
  readonly plainHttpHosts: ReadonlySet<string>;
}

/**
 * Reads `mirrors` of a registries file: `NAME: {endpoint: [URL…], rewrite: {expression: replacement}}`, or `"*"` for every
 * registry that is not named.
 *
 * @throws PaletteEdgeError `REGISTRIES_FILE_INVALID`
 */
export function readMirrors(section: RegistriesPiece | undefined): MirrorSection {
  const read = [...(section === undefined ? [] : fieldsOf(section))].map(([name, piece]) => {
    const registry = name === '*' ? name : registryHost(name, piece);
    const fields = fieldsOf(piece, ['endpoint', 'rewrite']);
    const [endpoint, rewrite] = [fields.get('endpoint'), fields.get('rewrite')];
    return {
      registry,
      endpoints: endpoint === undefined ? [] : itemsOf(endpoint).map(readEndpoint),
      rewrites: [...(rewrite === undefined ? [] : fieldsOf(rewrite))].map(([source, replacement]) =>
        nameRewrite(source, replacement),
      ),
    };
  });
  const plainHttpHosts = new Set(
    read.flatMap(({ endpoints }) => endpoints.filter(isPlain).map(({ url }) => hostAndPort(url))),
  );
  const registries = read.map(({ registry, endpoints, rewrites }): [string, RegistryMirrors] => [
    registry,
    { endpoints: endpoints.map((endpoint) => mirrorEndpoint(endpoint, plainHttpHosts)), rewrites },
  ]);
  return { registries: new Map(registries), plainHttpHosts };
}

/** The address of an endpoint. */
interface Endpoint {
  readonly url: URL;
  /** Without `/` at the end: empty or `/v2` for the usual place. */
  readonly path: string;
  readonly registry: string;
}

const localHosts: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

function readEndpoint(piece: RegistriesPiece): Endpoint {
  const text = textOf(piece) ?? '';
  if (/[@?#]/.test(text)) {
    throw invalidPiece(piece, 'a URL without user, password and query is expected', [
      'Write user and password below configs → HOST → auth.',
    ]);
  }
  const url = parseUrl(text);
  if (url === undefined) throw invalidPiece(piece, `${JSON.stringify(text)} is no http or https URL`);
  const registry = registryOfHost(url.host);
  return { url, path: url.pathname.replace(/\/+$/, ''), registry };
}

/** Without a scheme it is HTTPS, except for this machine with a port, as k3s has it. */
function parseUrl(text: string): URL | undefined {
  const url = URL.parse(text.includes('://') ? text : `${isLocal(text) ? 'http' : 'https'}://${text}`);
  const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:';
  return isWeb ? url : undefined;
}

function isLocal(address: string): boolean {
  const url = URL.parse(`https://${address}`);
  return url !== null && localHosts.has(url.hostname) && url.port !== '';
}

/**
 * The path of an endpoint stands in the place of `/v2`, as in k3s and containerd: `https://h/v2/hub` has its images below
 * `hub/`, and `https://h/docker` has its API there.
 */
function mirrorEndpoint(endpoint: Endpoint, plainHttpHosts: ReadonlySet<string>): MirrorEndpoint {
  const { registry, url, path } = endpoint;
  const apiRoot = `${url.protocol}//${url.host}`;
  if (path !== '' && path !== '/v2' && !path.startsWith('/v2/'))
    return { registry, path: '', apiRoot: `${apiRoot}${path}` };
  const prefix = path.slice('/v2/'.length);
  return { registry, path: prefix, ...(!isNamed(endpoint, plainHttpHosts) && { apiRoot: `${apiRoot}/v2` }) };
}

/**
 * Whether the name of the registry alone leads to the endpoint. Where it does the endpoint is the same place as the
 * registry itself, and is asked once.
 */
function isNamed(endpoint: Endpoint, plainHttpHosts: ReadonlySet<string>): boolean {
  const { url } = endpoint;
  // Names are HTTPS, but for ports that the file lists as plain HTTP, here or elsewhere; and without a port it is 443.
  if (isPlain(endpoint)) return url.port !== '' && url.port !== '443';
  return !plainHttpHosts.has(hostAndPort(url));
}

function isPlain({ url }: Endpoint): boolean {
  return url.protocol === 'http:';
}

function hostAndPort(url: URL): string {
  return `${url.hostname}:${url.port === '' ? { 'http:': 80, 'https:': 443 }[url.protocol] : url.port}`;
}
