import { readFileSync } from 'node:fs';

import { onPath } from './on-path.mjs';
import { rootPrefix } from './root-prefix.mjs';
import { run, say } from './run.mjs';
import { SetupError } from './setup-error.mjs';

/** The integration tests run real registries and container tools. They are never skipped: no tools, no test run. */
export function ensureTools() {
  let missing = missingTools();
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(({ debianPackage }) => debianPackage))];
  const asRoot = rootPrefix();
  if (onPath('apt-get') && asRoot !== undefined) {
    say(`installing with apt-get: ${packages.join(' ')}`);
    installWithApt(packages, asRoot);
    missing = missingTools();
    if (missing.length === 0) return;
  }
  const left = [...new Set(missing.map(({ debianPackage }) => debianPackage))];
  throw new SetupError(
    [
      `the integration tests need programs that are not on the PATH: ${missing.map(({ tool }) => tool).join(', ')}.`,
      'On Debian or Ubuntu install them with:',
      `  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${left.join(' ')}`,
      'Elsewhere install the programs by the names above, or run the tests in a Debian container.',
    ].join('\n'),
  );
}

function missingTools() {
  const tools = JSON.parse(readFileSync(new URL('../required-tools.json', import.meta.url), 'utf8'));
  return Object.entries(tools)
    .map(([tool, debianPackage]) => ({ tool, debianPackage }))
    .filter(({ tool }) => !onPath(tool));
}

function installWithApt(packages, asRoot) {
  // Offline for systemd, and single-user for init scripts: docker-registry, containerd and nginx would start their services.
  const quiet = ['DEBIAN_FRONTEND=noninteractive', 'SYSTEMD_OFFLINE=1', 'RUNLEVEL=1'];
  const prefix = [...asRoot, 'env', ...quiet, 'apt-get', '-q'];
  // apt-get update otherwise reports success when a mirror does not answer.
  const update = [...prefix, 'update', '-o', 'APT::Update::Error-Mode=any'];
  const install = [...prefix, 'install', '-y', '--no-install-recommends', ...packages];
  const attempt = () => [update, install].every(([command, ...args]) => run(command, args) === 0);
  if (attempt()) return;
  say('apt-get failed; trying once more');
  attempt();
}
