import { join } from 'node:path';

import { projectNode, root } from './project-folder.mjs';
import { run } from './run.mjs';
import { SetupError } from './setup-error.mjs';

/** Programs whose compressed streams tests compare ours with: their modules, and Go 1.27, come from Go's module proxy, once. */
export function ensureGoOracles() {
  if (run(projectNode, [join(root, 'scripts', 'build-go-oracles.mjs')]) === 0) return;
  throw new SetupError(
    [
      'the tests of compressed streams need Go 1.25 or newer, and Go modules that could not be fetched or built (the reason stands above).',
      "Install Go (https://go.dev/dl), check the connection to Go's module proxy (go env GOPROXY), then run npm test again.",
    ].join('\n'),
  );
}
