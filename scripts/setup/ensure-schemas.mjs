import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';

import { run } from './run.mjs';
import { SetupError } from './setup-error.mjs';

/** The official schemas of bills of materials: Go modules carry them. */
export function ensureSchemas() {
  const sources = Object.values(
    JSON.parse(readFileSync(new URL('../schema-modules.json', import.meta.url), 'utf8')),
  );
  if (run('go', ['mod', 'download', ...sources], { cwd: tmpdir() }) === 0) return;
  throw new SetupError(
    [
      'the tests of bills of materials need Go modules that hold official schemas, and they could not be fetched (the reason stands above).',
      "Install Go (https://go.dev/dl), check the connection to Go's module proxy (go env GOPROXY), then run npm test again.",
    ].join('\n'),
  );
}
