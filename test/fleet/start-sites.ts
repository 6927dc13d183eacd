import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { formatState } from '../../src/fleet/fleet-state.ts';
import type { FleetState } from '../../src/fleet/fleet-state.ts';
import { readState } from '../../src/fleet/read-state.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { builtBundle } from './sample-fleet.ts';

/** Names of the sites. */
export const siteNames = Array.from({ length: 8 }, (_, index) => `s${index}`);
/** What the sites have, and what is ready for them. */
export const [old, ready] = [builtBundle('shop-aaaaaaaa', 'old'), builtBundle('shop-aaaaaaaa', 'ready')];

/** Eight sites that have a bundle, with another one that is ready for them. */
export async function startSites(): Promise<{
  readonly path: string;
  readonly state: () => Promise<FleetState>;
}> {
  const folder = await temporaryFolder();
  const [path, file] = [join(folder, 'fleet.yaml'), join(folder, 'fleet-state.jsonl')];
  await writeFile(
    path,
    `fleetVersion: 1
contents: [{name: shop, images: [busybox]}]
groups: [{name: shops, content: shop, sites: [${siteNames.join(', ')}]}]
`,
  );
  const sites = siteNames.map((site) => ({ site, has: old.inventory, chain: 0, ready: ready.file }));
  await writeFile(file, formatState({ bundles: [old, ready], sites }));
  const state = async (): Promise<FleetState> =>
    readState({ name: 'state', text: await readFile(file, 'utf8') });
  return { path, state };
}
