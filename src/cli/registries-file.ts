import { isAbsolute, join } from 'node:path';

import { PaletteEdgeError } from '../errors.ts';
import type { RegistryMirrors } from '../registry/route.ts';
import { readSourceFile } from '../workflows/read-source-file.ts';
import { readConfigs } from './registries-configs.ts';
import type { HostConfigs } from './registries-configs.ts';
import { readMirrors } from './registries-mirrors.ts';
import { fieldsOf, parseRegistriesYaml } from './registries-piece.ts';

/** What a registries file says. */
export interface RegistriesFile extends HostConfigs {
  /** Mirrors by registry; `*` for those that are not listed. */
  readonly mirrors: ReadonlyMap<string, RegistryMirrors>;
  /** `host:port` of what is spoken to over plain HTTP. */
  readonly plainHttpHosts: ReadonlySet<string>;
}

/** Where to look for the file. The environment comes in as a value. */
export interface RegistriesFileOptions {
  /** The file that the user named; false for none, not even the user's own. */
  readonly path: string | false | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly homeFolder: string;
}

const nothing: RegistriesFile = {
  mirrors: new Map(),
  plainHttpHosts: new Set(),
  credentials: new Map(),
  tls: new Map(),
};

/**
 * Reads the registries file: the one that was named, or `palette-edge/registries.yaml` in the user's folder of settings,
 * which need not be there. Its format is that of k3s and RKE2 (https://docs.k3s.io/installation/private-registry).
 *
 * @throws PaletteEdgeError `REGISTRIES_FILE_INVALID` (kind usage) with file, line and key; for files that cannot be read
 */
export async function readRegistriesFile(options: RegistriesFileOptions): Promise<RegistriesFile> {
  const { path = defaultPath(options) } = options;
  if (path === false) return nothing;
  const text = await readText(path, options.path === undefined);
  const root = text === undefined ? undefined : parseRegistriesYaml(text, path);
  if (root === undefined) return nothing;
  const sections = fieldsOf(root, ['mirrors', 'configs']);
  const { registries, plainHttpHosts } = readMirrors(sections.get('mirrors'));
  const named = [...registries].flatMap(([registry, { endpoints }]) => [
    ...(registry === '*' ? [] : [registry]),
    ...endpoints.map((endpoint) => endpoint.registry),
  ]);
  const { credentials, tls } = await readConfigs(sections.get('configs'), named);
  return { mirrors: registries, plainHttpHosts, credentials, tls };
}

/** XDG Base Directory Specification: a path that is not absolute is passed over. */
function defaultPath({ environment, homeFolder }: RegistriesFileOptions): string {
  const folder = environment['XDG_CONFIG_HOME'] ?? '';
  const config = isAbsolute(folder) ? folder : join(homeFolder, '.config');
  return join(config, 'palette-edge', 'registries.yaml');
}

async function readText(path: string, isOptional: boolean): Promise<string | undefined> {
  try {
    return (await readSourceFile(path, 'registries file')).text;
  } catch (error) {
    const isMissing =
      error instanceof PaletteEdgeError && ['FILE_NOT_FOUND', 'NOT_A_FOLDER'].includes(error.code);
    if (isOptional && isMissing) return undefined;
    throw error;
  }
}
