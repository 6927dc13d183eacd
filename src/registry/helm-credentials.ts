import { readCredentialFile } from './credential-file.ts';
import { lookUpCredential } from './credential-keys.ts';
import type { Credential } from './credential.ts';
import { parsePaletteCredentials } from './palette-credentials.ts';

/** Finds the login of a chart repository. */
export interface HelmCredentials {
  /** @throws PaletteEdgeError when the file cannot be read */
  find(url: URL): Promise<{ readonly username: string; readonly password: string } | undefined>;
}

/**
 * The logins of the list `helm` of a file in Palette's shape. One holds for what is below its endpoint: whole parts of the path
 * only. The file is read once, and not before a login is asked for.
 *
 * @param path undefined for no file
 */
export function createHelmCredentials(path: string | undefined): HelmCredentials {
  let read: Promise<ReadonlyMap<string, Credential>> | undefined;
  return {
    find: async (url) => {
      if (path === undefined) return undefined;
      read ??= readCredentialFile(path, 'palette').then((document) =>
        parsePaletteCredentials(document, path, 'helm'),
      );
      const below = url.pathname.replaceAll(/^\/+|\/+$/g, '');
      const found = lookUpCredential(await read, url.host, below);
      return found !== undefined && 'password' in found ? found : undefined;
    },
  };
}
