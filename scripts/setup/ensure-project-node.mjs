import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { majorOf } from './node-version.mjs';
import { modules, projectNode } from './project-folder.mjs';
import { npm, say } from './run.mjs';
import { SetupError } from './setup-error.mjs';

const neededMajor = 24;

/** The `node` package fetches its binary in an install script; without scripts there is a package and no Node. */
export function ensureProjectNode() {
  if (majorOf(projectNode) >= neededMajor) return;
  if (!existsSync(join(modules, 'node', 'package.json'))) {
    throw new SetupError('the packages are not installed. Run: npm ci');
  }
  say(`the project's own Node ${neededMajor} is not there yet: npm rebuild node`);
  npm(['rebuild', 'node'], dirname(process.execPath));
  if (majorOf(projectNode) >= neededMajor) return;
  throw new SetupError(
    [
      `the project's own Node ${neededMajor} is missing (node_modules/.bin/node).`,
      'It is fetched by the install script of the npm package "node". If install scripts are disabled',
      '(--ignore-scripts, or ignore-scripts=true in an .npmrc), allow this one:',
      '  npm rebuild node --ignore-scripts=false',
    ].join('\n'),
  );
}
