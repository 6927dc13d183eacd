import { PaletteEdgeError } from '../errors.ts';
import type { HttpClient } from '../http/http-client.ts';
import { durationText } from '../io/duration-text.ts';
import { runLimited } from '../io/run-limited.ts';
import { formatReference } from '../oci/reference.ts';
import type { Reference } from '../oci/reference.ts';
import type { CredentialSource } from '../registry/credentials.ts';
import { checkLogin } from '../registry/login-check.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { apiRootUrl } from '../registry/repository-name.ts';
import { fine, tried } from './doctor-check.ts';
import type { DoctorCheck } from './doctor-check.ts';

/** What is asked for. */
export interface DoctorRegistriesInput {
  /** As in a reference: `docker.io`, `localhost:5000`. */
  readonly registries: readonly string[];
  /** Their registries are asked, too. */
  readonly images: readonly Reference[];
}

/** What asks. */
export interface DoctorRegistriesResources {
  readonly http: HttpClient;
  readonly credentials: CredentialSource;
  readonly client: RegistryClient;
  /** The time in milliseconds since 1970. */
  readonly now: () => number;
}

const registriesAtOnce = 4;
const imagesAtOnce = 8;
/** Seconds. Tokens and new certificates are good from now on, by the clock of the server. */
const slightSkew = 60;
const greatSkew = 300;

/** Asks registries who they are and whether the logins that are there are good, and for each image whether it may be pulled. */
export async function checkRegistries(
  { registries, images }: DoctorRegistriesInput,
  resources: DoctorRegistriesResources,
  signal: AbortSignal,
): Promise<DoctorCheck[]> {
  const hosts = [...new Set([...registries, ...images.map(({ registry }) => registry)])].toSorted();
  const asked = await runLimited(
    hosts,
    { concurrency: registriesAtOnce, signal },
    async (host, within) => await checkRegistry(host, resources, within),
  );
  const reached = new Set(hosts.filter((_, index) => asked[index]?.[0]?.status === 'ok'));
  const isWorthIt = ({ registry }: Reference): boolean =>
    reached.has(registry) || resources.client.mirrorsOf(registry).length > 0;
  const found = await runLimited(
    images.filter(isWorthIt),
    { concurrency: imagesAtOnce, signal },
    async (image, within) => await checkImage(image, resources, within),
  );
  return [...asked.flat(), ...found];
}

/** The first tells whether it can be reached. */
async function checkRegistry(
  registry: string,
  resources: DoctorRegistriesResources,
  signal: AbortSignal,
): Promise<DoctorCheck[]> {
  const name = `registry ${registry}`;
  const mirrors = resources.client.mirrorsOf(registry);
  let skew: DoctorCheck[] = [];
  let isOpen = false;
  const reached = await tried(name, mirrors.length > 0 ? 'warning' : 'problem', async () => {
    const { http, now } = resources;
    const response = await http.request({ method: 'GET', url: apiRootUrl(http, { registry }), signal });
    await response.discard();
    const { status, headers, url } = response;
    // An answer from a cache has the time of the answer that was kept.
    skew = headers['age'] === undefined ? clockCheck(registry, headers['date'], now()) : [];
    if (![200, 401].includes(status)) throw noRegistry(registry, url.host, status);
    isOpen = status === 200;
    const through = mirrors.length > 0 ? `; asked first: ${mirrors.join(', ')}` : '';
    const place = url.host === registry ? '' : ` at ${url.host}`;
    return fine(name, `answers${place}${through}`);
  });
  if (reached.status !== 'ok') return [reached, ...skew];
  return [reached, ...skew, await checkAccess(registry, isOpen, { ...resources, signal })];
}

function clockCheck(registry: string, date: string | undefined, now: number): DoctorCheck[] {
  const seconds = Math.round((now - Date.parse(date ?? '')) / 1000);
  if (Number.isNaN(seconds) || Math.abs(seconds) < slightSkew) return [];
  const text = durationText(Math.abs(seconds));
  return [
    {
      name: 'clock',
      status: Math.abs(seconds) < greatSkew ? 'warning' : 'problem',
      detail: `${text} ${seconds > 0 ? 'ahead of' : 'behind'} that of ${registry}: certificates and tokens may be refused as expired or not valid yet`,
      remedies: ['Set the clock of this machine: sudo timedatectl set-ntp true'],
    },
  ];
}

function noRegistry(registry: string, host: string, status: number): PaletteEdgeError {
  return new PaletteEdgeError(
    'NO_REGISTRY',
    `${registry}: ${host} answered ${status} at /v2/, where a registry answers 200 or 401`,
    { kind: 'network', suggestions: ['Is it a registry? Check host and port, and the proxies above.'] },
  );
}

async function checkAccess(
  registry: string,
  isOpen: boolean,
  { http, credentials, signal }: DoctorRegistriesResources & { readonly signal: AbortSignal },
): Promise<DoctorCheck> {
  const name = `login to ${registry}`;
  return await tried(name, 'problem', async () => {
    const found = await credentials.find(registry, '', signal);
    if (found === undefined) {
      if (isOpen) return fine(name, 'the registry asks for none');
      return {
        name,
        status: 'warning',
        detail: 'none known: only images that everybody may pull',
        remedies: [`palette-edge login ${registry}`],
      };
    }
    const { origin } = found;
    if (!('password' in found)) return fine(name, `a token, from ${origin}; tried with images only`);
    const { isChecked } = await checkLogin({ http, registry, ...found, signal }).catch((error: unknown) => {
      throw refused(registry, origin, error);
    });
    return fine(
      name,
      isChecked ? `accepted, from ${origin}` : `from ${origin}; the registry does not ask for it`,
    );
  });
}

/** Where the login is from is what has to be known to mend it. */
function refused(registry: string, origin: string, error: unknown): unknown {
  if (!(error instanceof PaletteEdgeError) || error.code !== 'LOGIN_REFUSED') return error;
  const message = `refused, from ${origin}: ${error.message.replace(/; nothing was kept$/, '')}`;
  return new PaletteEdgeError(error.code, message, {
    kind: error.kind,
    cause: error,
    suggestions: [`Log in again: palette-edge login ${registry}`, ...error.suggestions],
  });
}

async function checkImage(
  image: Reference,
  { client }: DoctorRegistriesResources,
  signal: AbortSignal,
): Promise<DoctorCheck> {
  const name = `image ${formatReference(image)}`;
  return await tried(name, 'problem', async () => {
    const { digest } = await client.resolve(image, signal);
    return fine(name, `can be pulled, ${digest.slice(0, 19)}`);
  });
}
