import { join } from 'node:path';

import { PaletteEdgeError } from '../errors.ts';
import type { Credential } from './credential.ts';
import { lookUpCredential, normaliseCredentialKey } from './credential-keys.ts';
import { readCredentialFile } from './credential-file.ts';
import { createCredentialHelper } from './credential-helper.ts';
import type { CredentialHelper } from './credential-helper.ts';
import { parseDockerConfig } from './docker-config.ts';
import type { DockerConfig } from './docker-config.ts';
import { parsePaletteCredentials } from './palette-credentials.ts';
import { once } from '../io/once.ts';

/** Finds credentials. */
export interface CredentialSource {
  /**
   * @param registry as in a reference: `docker.io`, `localhost:5000`
   * @throws PaletteEdgeError when a file or helper that should have them cannot be read
   */
  find(registry: string, repository: string, signal?: AbortSignal): Promise<Credential | undefined>;
}

/** Where to look. The environment and the home folder come in as values. */
export interface CredentialSourceOptions {
  /** A file in Palette's shape, given with --cred-file-path. */
  readonly credentialFilePath?: string;
  /** Those of a registries file, by registry. */
  readonly registriesFile?: ReadonlyMap<string, Credential>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly homeFolder: string;
  /** The longest a credential helper may take, in milliseconds. */
  readonly helperTimeoutMs?: number;
}

/** For registries that ask for nothing. */
export const noCredentials: CredentialSource = { find: () => Promise.resolve(undefined) };

/**
 * Looks in Palette's credentials file, the registries file, `$REGISTRY_AUTH_FILE`, `$DOCKER_CONFIG/config.json`, `~/.docker/config.json` and
 * `$XDG_RUNTIME_DIR/containers/auth.json`: the first match wins. Within a file: `credHelpers`, `credsStore`, `auths`.
 *
 * Files are read once, and not before credentials are asked for.
 */
export function createCredentialSource(options: CredentialSourceOptions): CredentialSource {
  const helper = createCredentialHelper({
    environment: options.environment,
    timeoutMs: options.helperTimeoutMs,
  });
  const sources: readonly CredentialSource[] = [
    ...(options.credentialFilePath === undefined ? [] : [paletteSource(options.credentialFilePath)]),
    ...(options.registriesFile === undefined ? [] : [fixedSource(options.registriesFile)]),
    ...dockerConfigPaths(options).map((path) => dockerSource(path, helper)),
  ];
  return {
    find: async (registry, repository, signal) => {
      for (const source of sources) {
        const found = await source.find(registry, repository, signal);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

/**
 * Reads a file in Palette's shape only to see whether it makes sense.
 *
 * @throws PaletteEdgeError when it cannot be read, or `CREDENTIAL_FILE_INVALID` (kind usage)
 */
export async function checkPaletteCredentials(path: string): Promise<void> {
  const document = await readCredentialFile(path, 'palette');
  for (const list of ['image', 'helm'] as const) parsePaletteCredentials(document, path, list);
}

function dockerConfigPaths({ environment, homeFolder }: CredentialSourceOptions): string[] {
  const { REGISTRY_AUTH_FILE: authFile, DOCKER_CONFIG: dockerConfig, XDG_RUNTIME_DIR: runtime } = environment;
  const paths: (string | undefined)[] = [
    authFile,
    dockerConfig && join(dockerConfig, 'config.json'),
    join(homeFolder, '.docker', 'config.json'),
    runtime && join(runtime, 'containers', 'auth.json'),
  ];
  return [...new Set(paths.filter((path): path is string => path !== undefined && path !== ''))];
}

function paletteSource(path: string): CredentialSource {
  const read = once(async () => {
    const document = await readCredentialFile(path, 'palette');
    // Charts are in registries, too; what is said of images goes before.
    return [
      parsePaletteCredentials(document, path),
      parsePaletteCredentials(document, path, 'helm'),
    ] as const;
  });
  return {
    find: async (registry, repository) => {
      const [images, charts] = await read();
      return lookUpCredential(images, registry, repository) ?? lookUpCredential(charts, registry, repository);
    },
  };
}

function fixedSource(credentials: ReadonlyMap<string, Credential>): CredentialSource {
  return {
    find: (registry, repository) => Promise.resolve(lookUpCredential(credentials, registry, repository)),
  };
}

function dockerSource(path: string, helper: CredentialHelper): CredentialSource {
  const read = once(async () => parseDockerConfig(await readCredentialFile(path, 'docker'), path));
  return {
    find: async (registry, repository, signal) => {
      const config = await read();
      const found =
        (await askHelpers(config, { helper, registry, signal })) ??
        lookUpCredential(config.credentials, registry, repository);
      if (found instanceof PaletteEdgeError) throw found;
      return found;
    },
  };
}

async function askHelpers(
  config: DockerConfig,
  { helper, registry, signal }: { helper: CredentialHelper; registry: string; signal?: AbortSignal },
): Promise<Credential | undefined> {
  const key = normaliseCredentialKey(registry);
  const own = config.helpers.get(key);
  const name = own ?? config.store;
  if (name === undefined) return undefined;
  // Left behind by an uninstalled Docker Desktop more often than not: no reason to fail a public pull.
  const isOptional = own === undefined;
  // Docker keeps a login by the host as it was written, with the port 443 if it had it.
  for (const host of new Set([registry, key])) {
    const found = await helper.find(name, host, { isOptional, signal });
    if (found !== undefined) return found;
  }
  return undefined;
}
