import { join } from 'node:path';

import { wordDiskError } from '../errors.ts';
import { writeFileAtomically } from '../io/atomic-file.ts';
import { servedRegistries } from './serve-client-setup.ts';
import type { ClientFile, ClientLogin, ClientSetup } from './serve-client-setup.ts';
import { containerdConfig } from './serve-containerd-config.ts';
import { k3sConfig } from './serve-k3s-config.ts';
import { podmanConfig } from './serve-podman-config.ts';
import { openBundles } from './open-bundles.ts';
import type { OpenRequest } from './open-request.ts';
import { servedCertificate } from './served-certificate.ts';
import type { CertificateRequest, ReadyCertificate } from './served-certificate.ts';

/** Clients that a configuration can be written for. */
export const clientNames = ['containerd', 'k3s', 'rke2', 'podman', 'crio'] as const;

/** One of {@link clientNames}. */
export type ClientName = (typeof clientNames)[number];

/** Which client, of which server. */
export interface ServeConfigInput extends OpenRequest {
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
  /** The certificate, when it was made now: clients that trust another one need it. */
  readonly newCertificate?: string;
}

/**
 * Makes the files that let a client pull from `serve` under the original names, and writes them when a folder is named.
 *
 * @throws PaletteEdgeError for a bundle that cannot be opened, a certificate as {@link servedCertificate}, or a file that cannot be
 *   written; the signal's reason when aborted
 */
export async function serveConfig(input: ServeConfigInput, signal: AbortSignal): Promise<ServeConfigResult> {
  const { client, origin, folder } = input;
  const setup = await clientSetup(input, signal);
  const { certificate } = input;
  const ready = certificate === undefined ? undefined : await servedCertificate(certificate, new Date());
  const files = writers[client]({ ...setup, authority: authorityOf(ready) });
  if (folder !== undefined) for (const file of files) await writeClientFile(folder, file);
  const made = ready?.described.isNew === true ? { newCertificate: ready.described.path } : {};
  return { client, origin, folder, files, ...made };
}

async function clientSetup(
  input: ServeConfigInput,
  signal: AbortSignal,
): Promise<Omit<ClientSetup, 'authority'>> {
  await using resources = new AsyncDisposableStack();
  const bundles = await openBundles(input, resources, signal);
  const { origin, login } = input;
  return {
    origin,
    host: origin.replace(/^https?:\/\//, ''),
    registries: servedRegistries(bundles),
    login,
  };
}

/** A certificate that others signed is trusted for their sake. */
function authorityOf(ready: ReadyCertificate | undefined): string | undefined {
  return ready?.described.isSelfSigned === true ? ready.pair.cert : undefined;
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
    await writeFileAtomically(target, async (file) => await file.writeFile(text), {
      mode: isSecret ? 0o600 : 0o644,
    });
  } catch (error) {
    throw wordDiskError(error, `writing ${target}`);
  }
}
