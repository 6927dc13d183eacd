import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { versionOf } from './node-version.mjs';
import { modules, projectNode } from './project-folder.mjs';
import { npm, say } from './run.mjs';
import { SetupError } from './setup-error.mjs';

const secondNodeVersion = '26.10.0';

/** The tests that compare Node versions need another one. It stays in node_modules/.cache until the next npm ci. */
export function ensureSecondNode() {
  const folder = join(modules, '.cache', 'node26');
  const binary = join(folder, 'node_modules', 'node', 'bin', 'node');
  if (versionOf(binary) === secondNodeVersion) return;
  say(`fetching Node ${secondNodeVersion} for the tests that compare Node versions`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // npm 11 runs an install script only when the project's package.json allows it.
  const project = {
    private: true,
    dependencies: { node: secondNodeVersion },
    allowScripts: { node: true },
  };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(project, null, 2)}\n`);
  npm(['install', '--prefix', folder], dirname(projectNode), folder);
  if (versionOf(binary) === secondNodeVersion) return;
  rmSync(folder, { recursive: true, force: true });
  throw new SetupError(
    [
      `Node ${secondNodeVersion}, which some tests need, could not be installed with npm (the reason stands above).`,
      'Check the connection to the npm registry and that install scripts are not disabled (ignore-scripts), then run npm test again.',
    ].join('\n'),
  );
}
