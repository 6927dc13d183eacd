import { homedir } from 'node:os';

import { Flags } from '@oclif/core';

import type { CredentialStoreOptions } from '../registry/credential-store.ts';
import { loginFile } from '../registry/credential-store.ts';
import { createCredentialSource } from '../registry/credentials.ts';
import type { CredentialSource } from '../registry/credentials.ts';

/** Shared by `login` and `logout`. */
export const loginFlags = {
  'auth-file': Flags.string({
    helpValue: 'FILE',
    summary: 'The Docker config to write. Builds read it when REGISTRY_AUTH_FILE names it.',
    defaultHelp: async () =>
      await Promise.resolve('$REGISTRY_AUTH_FILE, $DOCKER_CONFIG/config.json, ~/.docker/config.json'),
  }),
};

/** Where logins are written. */
export function wireLoginStore(authFile: string | undefined): CredentialStoreOptions {
  return { path: authFile ?? loginFile(process.env, homedir()), environment: process.env };
}

/** What a build without flags would find. */
export function wireCredentials(): CredentialSource {
  return createCredentialSource({ environment: process.env, homeFolder: homedir() });
}
