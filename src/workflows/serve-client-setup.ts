import type { OpenBundle } from './bundle-blobs.ts';
import { parseReference } from '../oci/reference.ts';
import { servedRegistry } from './served-names.ts';

/** A registry whose images are served. */
export interface ServedRegistry {
  /** As in references: `docker.io`, `localhost:5000`. */
  readonly registry: string;
  /** The first part of the paths of its repositories. */
  readonly path: string;
}

/** The login of clients; without a password that place is for somebody to fill in. */
export interface ClientLogin {
  readonly username: string;
  readonly password: string | undefined;
}

/** All that the configuration of a client says. */
export interface ClientSetup {
  /** What clients call the server: `https://registry.site:5080`. */
  readonly origin: string;
  /** The same without the scheme. */
  readonly host: string;
  /** Sorted, each once. */
  readonly registries: readonly ServedRegistry[];
  /** What to trust, in PEM; undefined when clients do already, or for plain HTTP. */
  readonly authority: string | undefined;
  /** Undefined when nobody has to log in. */
  readonly login: ClientLogin | undefined;
}

/** A file of a client. */
export interface ClientFile {
  /** Where it is on the client. */
  readonly path: string;
  readonly text: string;
  /** There is a password in it. */
  readonly isSecret: boolean;
}

/** The name of the certificate in the configuration of clients. */
export const authorityName = 'palette-edge-serve.crt';

/** What stands where a password would. */
export const passwordPlaceholder = 'PASSWORD';

/** Where what runtimes of containers pull comes from. Charts are not pulled by them. */
export function servedRegistries(bundles: readonly OpenBundle[]): ServedRegistry[] {
  const names = bundles.flatMap(({ reader: { inventory } }) => {
    const charts = new Set(inventory.charts.map(({ reference }) => reference));
    return inventory.images
      .filter(({ reference }) => !charts.has(reference))
      .map(({ reference }) => parseReference(reference).registry);
  });
  return [...new Set(names)].toSorted().map((registry) => ({ registry, path: servedRegistry(registry) }));
}

/** The file with what to trust; none when there is nothing. */
export function authorityFiles({ authority }: ClientSetup, path: string): ClientFile[] {
  return authority === undefined ? [] : [{ path, text: authority, isSecret: false }];
}
