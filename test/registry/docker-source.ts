import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { createCredentialSource } from '../../src/registry/credentials.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Credentials of a Docker config. */
export async function dockerSource(
  document: object,
  environment: Record<string, string> = {},
  helperTimeoutMs?: number,
) {
  const homeFolder = await temporaryFolder();
  await write(join(homeFolder, '.docker', 'config.json'), document);
  return createCredentialSource({ environment, homeFolder, helperTimeoutMs });
}

/** Writes a value as JSON into a file, whose folder is made. */
export async function write(file: string, document: object): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify(document));
}

/** The `auths` of a Docker config for some hosts. */
export function auths(hosts: readonly string[], user: string) {
  return { auths: Object.fromEntries(hosts.map((host) => [host, { auth: base64(`${user}:p`) }])) };
}

/** As a Docker config has user and password. */
export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
