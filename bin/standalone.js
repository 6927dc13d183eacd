// The entry of the standalone executable, which scripts/build-standalone.mjs makes of this file and all that it needs.
import { setFlagsFromString } from 'node:v8';

import './assume-user.js';
import { execute, Plugin, settings } from '@oclif/core';

/**
 * Runs the command line.
 *
 * @param embedded what other entries read from files: package.json, oclif's manifest, and a function for each command that
 * loads its module
 */
export async function startStandalone({ pjson, manifest, commands }) {
  // As in run.js.
  setFlagsFromString('--semi-space-growth-factor=1');
  // Whatever NODE_ENV says: there are no sources here.
  settings.enableAutoTranspile = false;
  // No file is read from it: nothing beside the executable changes what it does.
  const root = process.execPath;
  const plugin = new Plugin({ isRoot: true, root, pjson });
  // oclif would look for both in folders.
  plugin._manifest = async () => {
    plugin.commandIDs = Object.keys(manifest.commands);
    return await Promise.resolve(manifest);
  };
  plugin.findCommand = async (id) => {
    const { default: command } = await commands[id]();
    return Object.assign(command, { id, plugin });
  };
  await plugin.load();
  await execute({ loadOptions: { root, pjson, plugins: [plugin] } });
}
