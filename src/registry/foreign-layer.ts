import { PaletteEdgeError } from '../errors.ts';
import type { HttpClient } from '../http/http-client.ts';
import type { HttpResponse } from '../http/http-response.ts';
import { HttpStatusError } from '../http/http-status-error.ts';
import type { OpenBlobOptions } from '../oci/blob-access.ts';
import type { BlobIdentity, Descriptor } from '../oci/descriptor.ts';
import { downloadBlob } from './blob-download.ts';
import { BlobRestarts } from './blob-restarts.ts';
import type { RegistryTransport } from './registry-transport.ts';
import { registryOfHost } from './repository-name.ts';

/** Layers whose licence forbids registries to hand them on, such as those of Windows (image-spec, layer.md). */
const foreignTypes: ReadonlySet<string> = new Set([
  'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
  'application/vnd.oci.image.layer.nondistributable.v1.tar',
  'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
  'application/vnd.oci.image.layer.nondistributable.v1.tar+zstd',
]);

const maximumLinks = 5;
const maximumLinkLength = 4096;

/** What foreign layers are fetched with. */
export interface ForeignLayerParts {
  readonly http: HttpClient;
  readonly transport: RegistryTransport;
}

/**
 * The links of a layer that registries need not have. Links of any other blob are not followed: whoever wrote a manifest
 * could make us ask any address.
 */
export function foreignLayerLinks({ mediaType, urls = [] }: Descriptor): readonly URL[] {
  if (!foreignTypes.has(mediaType)) return [];
  return urls
    .filter((text) => text.length <= maximumLinkLength && /^https?:\/\//i.test(text) && URL.canParse(text))
    .slice(0, maximumLinks)
    .map(withoutLogin);
}

/**
 * Reads a blob from the first link that has it; a link that fails in the middle is followed by the next one, from the byte
 * reached on. Nobody is shown credentials. Lengths are checked, digests are not.
 *
 * @throws PaletteEdgeError `FOREIGN_LAYER_UNAVAILABLE`, naming the hosts, when every link failed
 */
export async function* readForeignLayer(
  parts: ForeignLayerParts,
  layer: { readonly blob: BlobIdentity; readonly links: readonly URL[] },
  { range, signal }: OpenBlobOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { blob, links } = layer;
  const end = Math.min(range?.end ?? blob.size, blob.size);
  let start = range?.start ?? 0;
  const failures: LinkFailure[] = [];
  for (const link of links) {
    try {
      for await (const bytes of readLink(parts, { link, blob, start, end, signal })) {
        start += bytes.length;
        yield bytes;
      }
      return;
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof PaletteEdgeError)) throw error;
      failures.push({ host: link.host, error });
    }
  }
  throw unavailable(blob, failures);
}

interface LinkPart {
  readonly link: URL;
  readonly blob: BlobIdentity;
  readonly start: number;
  readonly end: number;
  readonly signal: AbortSignal | undefined;
}

async function* readLink(
  { http, transport }: ForeignLayerParts,
  { link, blob, start, end, signal }: LinkPart,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { host } = link;
  const asked = { registry: registryOfHost(host) };
  const release = await transport.acquire(asked, signal);
  try {
    yield* downloadBlob({
      blob,
      start,
      end,
      side: `reading from ${host}`,
      budget: transport.budget(asked, `layer ${blob.digest}`, signal),
      restarts: new BlobRestarts(blob.size),
      request: async (range) =>
        await transport.sendPaced(
          asked,
          async (tell) => await ask(http, link, { range, signal, tell }),
          signal,
        ),
    });
  } finally {
    release();
  }
}

interface LinkRequest {
  readonly range: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly tell: (answer: HttpResponse) => void;
}

async function ask(http: HttpClient, link: URL, { range, signal, tell }: LinkRequest): Promise<HttpResponse> {
  const headers = { 'accept-encoding': 'identity', ...(range === undefined ? {} : { range }) };
  const response = await http.request({ method: 'GET', url: link, headers, signal });
  tell(response);
  const { status } = response;
  if ([200, 206, 416].includes(status)) return response;
  await response.discard();
  throw new PaletteEdgeError('LINK_REFUSED', `${response.url.host} answered ${status}`, {
    kind: status === 404 ? 'notFound' : 'network',
    cause: new HttpStatusError(status, response.headers['retry-after']),
  });
}

interface LinkFailure {
  readonly host: string;
  readonly error: PaletteEdgeError;
}

function unavailable(blob: BlobIdentity, failures: readonly LinkFailure[]): PaletteEdgeError {
  const reasons = failures.map(({ host, error: { message } }) =>
    message.includes(host) ? message : `${host}: ${message}`,
  );
  const isMissing = failures.every(({ error }) => error.kind === 'notFound');
  return new PaletteEdgeError(
    'FOREIGN_LAYER_UNAVAILABLE',
    `layer ${blob.digest} may not be distributed by registries, and its own links failed: ${reasons.join('; ')}`,
    {
      kind: isMissing ? 'notFound' : 'network',
      cause: failures[0]?.error,
      suggestions: [
        ...new Set(failures.flatMap(({ error }) => error.suggestions)),
        'Or push the layer to a registry of your own (docker push with allow-nondistributable-artifacts), and pull from there.',
      ],
    },
  );
}

function withoutLogin(text: string): URL {
  const url = new URL(text);
  url.username = '';
  url.password = '';
  url.hash = '';
  return url;
}
