#!/usr/bin/env node
// The sources themselves, through Node's own type stripping: no build step while developing.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    'palette-edge needs Node 24 or newer; this is Node ' +
      process.versions.node +
      '. Use npm run, which brings its own.',
  );
  process.exitCode = 2;
} else {
  const { readFileSync } = await import('node:fs');
  const { fileURLToPath } = await import('node:url');
  const { execute, settings } = await import('@oclif/core');
  const root = fileURLToPath(new URL('..', import.meta.url));
  const pjson = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  // oclif would look for ts-node; Node strips types itself, so oclif is pointed at src/.
  settings.enableAutoTranspile = false;
  pjson.oclif.commands = './src/commands';
  pjson.oclif.helpClass = './src/cli/help.ts';
  pjson.oclif.hooks = { command_not_found: './src/cli/command-not-found.ts' };
  await execute({ development: true, loadOptions: { root, pjson, ignoreManifest: true } });
}
