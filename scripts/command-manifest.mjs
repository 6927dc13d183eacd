import { Plugin, settings } from '@oclif/core';

/**
 * What oclif has to know of all commands to start one of them. Without it, oclif loads every command at every start.
 *
 * @param root the folder of the package
 * @param pjson its package.json; `oclif.commands` names the folder that the commands are read from
 */
export async function commandManifest(root, pjson) {
  settings.enableAutoTranspile = false;
  // A command that does not load fails the build; else oclif warns, and goes on without it.
  const plugin = new Plugin({ isRoot: true, root, pjson, ignoreManifest: true, errorOnManifestCreate: true });
  await plugin.load();
  const { commands, version } = plugin.manifest;
  const sorted = Object.entries(commands).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { commands: Object.fromEntries(sorted), version };
}
