import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { EmissionEngine } from '../../src/fleet/emission.ts';
import { formatState } from '../../src/fleet/fleet-state.ts';
import { emitFleet } from '../../src/workflows/fleet-emit.ts';
import type { EmitRequest } from '../../src/workflows/fleet-emit.ts';
import { loadFleet } from '../../src/workflows/fleet-files.ts';
import { builtBundle } from '../fleet/sample-fleet.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A fleet that needs all that an engine can be asked for: keys, Palette, images to start from, parts, deltas, files elsewhere. */
const fleetText = `fleetVersion: 1
contents:
  - {name: shop, profiles: [../profiles/shop.yaml], imagesFiles: [lists/shop.txt]}
  - {name: depot, paletteProfiles: [64b7e0c5f1a2d3e4f5a6b7c8], manifests: [lists/depot.yaml]}
groups:
  - name: shops
    content: shop
    privateKey: keys/vendor key.pem
    sites: [s1, s2, {name: s3, iso: true}]
  - {name: depots, content: depot, split: 4GB, sites: [d1]}
`;

/** The base of the depot is in parts. */
const bases = {
  shop: builtBundle('shop-aaaaaaaa', 'old'),
  depot: { ...builtBundle('depot-bbbbbbbb', 'older'), file: 'depot-bbbbbbbb-00000000.tar.zst.parts.json' },
};

/**
 * Writes the fleet into a folder `fleet` below a new one; the paths that its files and what is emitted have.
 *
 * @param more lines of the fleet file
 */
export async function emittedFleet(
  more = '',
): Promise<{ readonly root: string; readonly fleetFile: string }> {
  const root = await temporaryFolder();
  const files = {
    'fleet/fleet.yaml': `${fleetText}${more}`,
    'fleet/fleet-state.jsonl': formatState({
      bundles: [bases.shop, bases.depot],
      sites: [
        { site: 's1', has: bases.shop.inventory, chain: 0 },
        { site: 'd1', has: bases.depot.inventory, chain: 0 },
      ],
    }),
    'profiles/shop.yaml': 'name: shop\n# \u202E \u2028 yes\n',
    'fleet/lists/shop.txt': 'docker.io/library/busybox:1.37\r\n',
    'fleet/lists/depot.yaml': 'kind: List\n',
    'fleet/keys/vendor key.pem': '-----BEGIN PRIVATE KEY-----\nA secret\n',
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(root, name, '..'), { recursive: true });
    await writeFile(join(root, name), text);
  }
  return { root, fleetFile: 'fleet/fleet.yaml' };
}

/** What is emitted for an engine, with flags that are passed on and a store in a bucket. */
export async function emittedFor(
  engine: EmissionEngine,
  { root, fleetFile }: { readonly root: string; readonly fleetFile: string },
  choices: Partial<EmitRequest['choices']> = {},
): Promise<string> {
  const { text } = await emitFleet(await loadFleet(join(root, fleetFile), true), {
    engine,
    fleetFile,
    version: '1.0.0',
    args: ["--mirror=docker.io=mirror.example.com/it's $(here)"],
    sharedStores: ['s3://bucket/prefix'],
    choices: {
      builderImage: engine === 'github' || engine === 'gitlab' ? undefined : 'registry.example.com/builder:1',
      npmPackage: 'palette-edge-content-builder@1.0.0',
      storageSize: '200Gi',
      isManyNodes: false,
      ...choices,
    },
  });
  return text;
}
