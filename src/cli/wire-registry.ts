import { homedir } from 'node:os';

import { ChartRepositories } from '../chart/chart-repositories.ts';
import type { HttpClient } from '../http/http-client.ts';
import { checkPaletteCredentials, createCredentialSource } from '../registry/credentials.ts';
import type { CredentialSource } from '../registry/credentials.ts';
import { createHelmCredentials } from '../registry/helm-credentials.ts';
import { RegistryClient } from '../registry/registry-client.ts';
import { RegistryPusher } from '../registry/registry-pusher.ts';
import type { RetryEvent } from '../registry/registry-transport.ts';
import { KeptUploads } from '../workflows/kept-uploads.ts';
import { mirrorList } from './mirror-list.ts';
import { readRegistriesFile } from './registries-file.ts';
import type { RegistryFlags } from './registry-flags.ts';
import { wireHttp } from './wire-http.ts';

/** The real parts that reach registries. Disposing closes every connection. */
export interface RegistryWiring extends AsyncDisposable {
  readonly http: HttpClient;
  readonly credentials: CredentialSource;
  readonly createRegistryClient: (onRetry: (event: RetryEvent) => void) => RegistryClient;
  readonly createPusher: (onRetry: (event: RetryEvent) => void) => RegistryPusher;
  readonly createChartRepositories: (onRetry: (event: RetryEvent) => void) => ChartRepositories;
}

/**
 * Builds the registry client's parts from what the user said. Files that were named are read now, so that a wrong path is
 * told before anything is pulled.
 *
 * @param uploadFolder where uploads are remembered for the next run; nowhere when undefined
 * @throws PaletteEdgeError for files that cannot be read or make no sense
 */
export async function wireRegistry(
  flags: RegistryFlags,
  userAgent: string,
  uploadFolder?: string,
): Promise<RegistryWiring> {
  const credentialFilePath = flags['cred-file-path'];
  if (credentialFilePath !== undefined) await checkPaletteCredentials(credentialFilePath);
  const prefixes = mirrorList(flags.mirror);
  const registries = await readRegistriesFile({
    path: flags['registries-file'],
    environment: process.env,
    homeFolder: homedir(),
  });
  const http = await wireHttp(flags, registries, userAgent);
  const credentials = createCredentialSource({
    credentialFilePath,
    registriesFile: registries.credentials,
    environment: process.env,
    homeFolder: homedir(),
  });
  const lasting = uploadFolder === undefined ? undefined : { records: new KeptUploads(uploadFolder) };
  return {
    http,
    credentials,
    createRegistryClient: (onRetry) =>
      new RegistryClient({
        http,
        credentials,
        concurrencyPerHost: flags.concurrency,
        mirrors: { prefixes, registries: registries.mirrors },
        onRetry,
      }),
    createChartRepositories: (onRetry) =>
      new ChartRepositories({
        http,
        logins: createHelmCredentials(credentialFilePath),
        onRetry: ({ host, ...retry }) => onRetry({ registry: host, subject: host, ...retry }),
      }),
    createPusher: (onRetry) =>
      new RegistryPusher({ http, credentials, concurrencyPerHost: flags.concurrency, onRetry, lasting }),
    [Symbol.asyncDispose]: async () => await http.close(),
  };
}
