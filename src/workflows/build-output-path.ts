import { join } from 'node:path';

import type { BuildInput } from './build-input.ts';
import type { BundlePlan } from '../bundle/plan-bundle.ts';
import { defaultBundlePath } from './bundle-name.ts';

/** What an encrypted bundle's name ends with: `NAME.tar.zst.age`. */
export const encryptedEnding = '.age';

/** Where a build puts its bundle: as the user says, or by its name and the id of the plain bundle. */
export function buildOutputPath(
  { output, squeeze, bases, encryption }: Pick<BuildInput, 'output' | 'squeeze' | 'bases' | 'encryption'>,
  plan: Pick<BundlePlan, 'id' | 'inventory'>,
): string {
  if (output !== undefined) return output;
  return `${plainPath({ squeeze, bases }, plan)}${encryption === undefined ? '' : encryptedEnding}`;
}

function plainPath(
  { squeeze, bases }: Pick<BuildInput, 'squeeze' | 'bases'>,
  { id, inventory: { name } }: Pick<BundlePlan, 'id' | 'inventory'>,
): string {
  if (bases !== undefined) return join(`delta-${id}`, `core-${name}-${id}.delta.tar.zst`);
  return defaultBundlePath(name, id, squeeze !== undefined);
}
