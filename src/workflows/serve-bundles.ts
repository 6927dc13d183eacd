import { once } from 'node:events';

import type { RegistryLogin } from '../registry-server/login.ts';
import type { RequestRecord } from '../registry-server/registry-handler.ts';
import type { RegistryContent } from '../registry-server/registry-content.ts';
import { startRegistryServer } from '../registry-server/start-registry-server.ts';
import type { RegistryServer } from '../registry-server/start-registry-server.ts';
import type { Warning } from '../warning.ts';
import type { OpenBundle } from './bundle-blobs.ts';
import { RestoredLayers } from './restored-layers.ts';
import type { RestoredLayersOptions } from './restored-layers.ts';
import { serveWarnings } from './serve-warnings.ts';
import { openBundles } from './open-bundles.ts';
import type { OpenRequest } from './open-request.ts';
import { servedCertificate } from './served-certificate.ts';
import type { CertificateRequest, ServedCertificate } from './served-certificate.ts';
import { servedContent } from './served-content.ts';
import type { ServedName } from './served-content.ts';
import { clientHost } from './served-host-names.ts';
import { contentCounts } from './verify-bundle.ts';

/** What to serve, and where. */
export interface ServeInput extends OpenRequest {
  /** Bundles; the same one twice is served once. */
  readonly paths: readonly string[];
  /** An IP address of this machine, or a name of one. */
  readonly address: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Plain HTTP without it. */
  readonly certificate?: CertificateRequest | undefined;
  /** Whoever does not have it is not served. */
  readonly login?: RegistryLogin | undefined;
  /** What clients call the server: `https://registry.site:5080`. Unless given, where it listens, or an address of this machine. */
  readonly advertised?: string | undefined;
  /** Where layers of squeezed bundles are kept once they are restored, and how many bytes of them. */
  readonly restored: RestoredLayersOptions;
}

/** A bundle that is served. */
export interface ServedBundle {
  readonly path: string;
  readonly name: string;
  readonly id: string;
  readonly images: number;
  readonly charts: number;
  /** Signatures, SBOMs and other referrers. */
  readonly companions: number;
}

/** What is served, and where. */
export interface Serving {
  /** `127.0.0.1:5080`, `[::1]:5080`. */
  readonly host: string;
  /** What clients call it: `http://` or `https://`, and a host. */
  readonly origin: string;
  /** Undefined for plain HTTP. */
  readonly certificate?: ServedCertificate | undefined;
  /** Who has to log in; undefined when nobody has to. */
  readonly username?: string | undefined;
  readonly bundles: readonly ServedBundle[];
  readonly names: readonly ServedName[];
  readonly warnings: readonly Warning[];
}

/** What was served until the end. */
export interface ServeResult extends Serving {
  readonly requests: number;
  /** Of all answers' bodies. */
  readonly bytes: number;
  /** Requests that failed because of the bundles or of this machine. */
  readonly failures: number;
}

/** Told of what happens while bundles are served; must not throw. */
export interface ServeListener {
  readonly onStart: (serving: Serving) => void;
  readonly onRequest: (record: RequestRecord) => void;
  /** The client sees a status of 500, or a body that is cut off: never a wrong one. */
  readonly onFailure: (error: unknown) => void;
  /** Nothing more is answered; what is under way gets a few seconds. */
  readonly onStop: () => void;
}

/**
 * Serves bundles as a read-only registry (distribution-spec 1.1) until the signal is aborted, which is its normal end.
 * Nothing is unpacked: blobs are decompressed as they are asked for.
 *
 * @throws PaletteEdgeError for a bundle that cannot be opened, or is not signed as it has to be, `TAG_CONFLICT`, `PORT_UNAVAILABLE`, for a certificate as
 *   {@link servedCertificate}, for a folder where restored layers cannot be kept; the signal's reason when it is aborted before anything is served
 */
export async function serveBundles(
  input: ServeInput,
  listener: ServeListener,
  signal: AbortSignal,
): Promise<ServeResult> {
  await using resources = new AsyncDisposableStack();
  const bundles = await openBundles(input, resources, signal);
  const restored = resources.use(new RestoredLayers(input.restored));
  if (bundles.some(({ reader }) => reader.stored.squeezed !== undefined)) await restored.checkFolder();
  const { content, names, warnings } = await servedContent(bundles, signal, restored);
  const counts = { requests: 0, bytes: 0, failures: 0 };
  const counting = countingListener(counts, listener);
  const { server, certificate } = await startServer(input, content, counting);
  resources.defer(async () => await server.close());
  const { login } = input;
  const reach = { server, certificate, hasLogin: login !== undefined, now: new Date() };
  const serving = {
    host: server.host,
    origin: input.advertised ?? originOf(input, server),
    certificate,
    username: login?.username,
    bundles: bundles.map(describeBundle),
    names,
    warnings: [...warnings, ...serveWarnings(reach)],
  };
  listener.onStart(serving);
  if (!signal.aborted) await once(signal, 'abort');
  listener.onStop();
  await server.close();
  return { ...serving, ...counts };
}

/** What clients call it when nobody says so. */
function originOf({ address, certificate }: ServeInput, server: RegistryServer): string {
  return `${certificate === undefined ? 'http' : 'https'}://${clientHost(address, server)}`;
}

type RequestListener = Pick<ServeListener, 'onRequest' | 'onFailure'>;

function countingListener(
  counts: { requests: number; bytes: number; failures: number },
  listener: RequestListener,
): RequestListener {
  return {
    onRequest: (record) => {
      counts.requests += 1;
      counts.bytes += record.bytes;
      listener.onRequest(record);
    },
    onFailure: (error) => {
      counts.failures += 1;
      listener.onFailure(error);
    },
  };
}

async function startServer(
  { address, port, login, certificate: request }: ServeInput,
  content: RegistryContent,
  listener: RequestListener,
): Promise<{ readonly server: RegistryServer; readonly certificate: ServedCertificate | undefined }> {
  const ready = request === undefined ? undefined : await servedCertificate(request, new Date());
  const server = await startRegistryServer({
    content,
    address,
    port,
    login,
    tls: ready?.pair,
    ...listener,
  });
  return { server, certificate: ready?.described };
}

function describeBundle({ path, reader }: OpenBundle): ServedBundle {
  const { charts = 0, ...counts } = contentCounts(reader);
  return { path, ...counts, charts };
}
