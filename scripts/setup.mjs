// Brings a machine to where `npm test` can run, or says exactly what is missing. Runs before every `npm test`, so it
// must be fast when all is there, and under any Node >= 18, because it is what brings the right one.
//
//   node scripts/setup.mjs                   everything
//   node scripts/setup.mjs --packages-only   only what npm brings: enough for `npm run check`
import { ensureGoOracles } from './setup/ensure-go-oracles.mjs';
import { ensureGoPrograms } from './setup/ensure-go-programs.mjs';
import { ensureGuestKernel } from './setup/ensure-guest-kernel.mjs';
import { ensureNativePackages } from './setup/ensure-native-packages.mjs';
import { ensureProjectNode } from './setup/ensure-project-node.mjs';
import { ensureSchemas } from './setup/ensure-schemas.mjs';
import { ensureSecondNode } from './setup/ensure-second-node.mjs';
import { ensureTools } from './setup/ensure-tools.mjs';
import { SetupError } from './setup/setup-error.mjs';

try {
  ensureProjectNode();
  ensureNativePackages();
  if (!process.argv.includes('--packages-only')) {
    ensureSecondNode();
    ensureTools();
    ensureGoPrograms();
    ensureGoOracles();
    ensureSchemas();
    ensureGuestKernel();
  }
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`setup: ${error.message}`);
  process.exitCode = 1;
}
