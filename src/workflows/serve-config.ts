import { join } from 'node:path';

import { wordDiskError } from '../errors.ts';
import { writeFileAtomically } from '../io/atomic-file.ts';
import { servedRegistries } from './serve-client-setup.ts';
import type { ClientFile, ClientLogin, ClientSetup } from './serve-client-setup.ts';
import { containerdConfig } from './serve-containerd-config.ts';
import { k3sConfig } from './serve-k3s-config.ts';
import { podmanConfig } from './serve-podman-config.ts';
import { openServedBundles } from './served-bundles.ts';
import { servedCertificate } from './served-certificate.ts';
import type { CertificateRequest } from './served-certificate.ts';

/** Clients that a configuration can be written for. */
export const clientNames = ['containerd', 'k3s', 'rke2', 'podman', 'crio'] as const;

/** One of {@link clientNames}. */
export type ClientName = (typeof clientNames)[number];

/** Which client, of which server. */
export interface ServeConfigInput {
  readonly paths: readonly string[];
  readonly client: ClientName;
  /** What clients call the server: `https://registry.site:5080`. */
  readonly origin: string;
  /** The one that is served with; undefined for plain HTTP, and when others speak TLS in front of the server. */
  readonly certificate: CertificateRequest | undefined;
  readonly login: ClientLogin | undefined;
  /** Where to write the files, as if it were the root of the client; undefined writes nothing. */
  readonly folder: string | undefined;
}

/** The configuration of a client. */
export interface ServeConfigResult {
  readonly client: ClientName;
  readonly origin: string;
  /** Where the files are; undefined when nothing was written. */
  readonly folder: string | undefined;
  readonly files: readonly ClientFile[];
}

/**
 * Makes the files that let a client pull from `serve` under the original names, and writes them when a folder is named.
 *
 * @throws PaletteEdgeError for a bundle that cannot be opened, a certificate as {@link servedCertificate}, or a file that cannot be
 *   written; the signal's reason when aborted
 */
export async function serveConfig(input: ServeConfigInput, signal: AbortSignal): Promise<ServeConfigResult> {
  const { client, origin, folder } = input;
  const files = writers[client](await clientSetup(input, signal));
  if (folder !== undefined) for (const file of files) await writeClientFile(folder, file);
  return { client, origin, folder, files };
}

async function clientSetup(input: ServeConfigInput, signal: AbortSignal): Promise<ClientSetup> {
  const { paths, origin, certificate, login } = input;
  await using resources = new AsyncDisposableStack();
  const bundles = await openServedBundles(paths, resources, signal);
  return {
    origin,
    host: origin.replace(/^https?:\/\//, ''),
    registries: servedRegistries(bundles),
    authority: certificate === undefined ? undefined : await authorityOf(certificate),
    login,
  };
}

/** A certificate that others signed is trusted for their sake. */
async function authorityOf(request: CertificateRequest): Promise<string | undefined> {
  const { pair, described } = await servedCertificate(request, new Date());
  return described.isSelfSigned ? pair.cert : undefined;
}

const writers: Readonly<Record<ClientName, (setup: ClientSetup) => ClientFile[]>> = {
  containerd: containerdConfig,
  k3s: (setup) => k3sConfig(setup, 'k3s'),
  rke2: (setup) => k3sConfig(setup, 'rke2'),
  podman: podmanConfig,
  crio: podmanConfig,
};

async function writeClientFile(folder: string, { path, text, isSecret }: ClientFile): Promise<void> {
  const target = join(folder, path);
  try {
    await writeFileAtomically(target, async (file) => await file.writeFile(text), isSecret ? 0o600 : 0o644);
  } catch (error) {
    throw wordDiskError(error, `writing ${target}`);
  }
}
