import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { Config, settings } from '@oclif/core';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The commands as oclif describes them, loaded from the sources: what is built may be older. */
export async function sourceCommands(): Promise<Config> {
  const pjson = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  settings.enableAutoTranspile = false;
  pjson.oclif.commands = './src/commands';
  return await Config.load({ root, pjson, ignoreManifest: true, devPlugins: false, userPlugins: false });
}
