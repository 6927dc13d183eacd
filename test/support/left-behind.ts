import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { digestOf } from '../../src/oci/digest.ts';

const storeNames: ReadonlySet<string> = new Set([
  'palette-edge-store.json',
  'oci-layout',
  'index.json',
  'CACHEDIR.TAG',
  'blobs',
  'ingest',
  'leases',
  'bases',
]);
const partialName = /^[0-9a-f]{64}\.[0-9a-f]{12}(?:\.[0-9a-f]{12})?\.(?:partial|left)$/;

/** What a build left that it must not leave. */
export interface BuildFolder {
  /** Holds `store` and `out`. */
  readonly folder: string;
  /** Whether there should be a bundle; its name is `bundle.tar.zst`. */
  readonly hasBundle: boolean;
  /** Blobs that were damaged on purpose, and that nobody may have read: by digest. */
  readonly damaged?: ReadonlySet<string>;
}

/**
 * Everything in the folders of a build that should not be there: blobs of the store whose bytes are not what their name
 * says, files outside `ingest/`, files beside the bundle.
 */
export async function leftBehind({ folder, hasBundle, damaged }: BuildFolder): Promise<string[]> {
  const output = await readdir(join(folder, 'out'));
  const expected = hasBundle ? ['bundle.tar.zst', 'bundle.tar.zst.sha256'] : [];
  const beside = output.filter((name) => !expected.includes(name)).map((name) => `out/${name}`);
  const missing = expected.filter((name) => !output.includes(name)).map((name) => `no out/${name}`);
  return [...beside, ...missing, ...(await strayFiles(join(folder, 'store'), damaged ?? new Set()))];
}

/** What of a store is not as docs/store-format.md says. */
async function strayFiles(store: string, damaged: ReadonlySet<string>): Promise<string[]> {
  const names = await readdir(store).catch(() => []);
  const stray = names.filter((name) => !storeNames.has(name));
  const partials = await readdir(join(store, 'ingest')).catch(() => []);
  stray.push(...partials.filter((name) => !partialName.test(name)).map((name) => `ingest/${name}`));
  const algorithms = await readdir(join(store, 'blobs')).catch(() => []);
  stray.push(...algorithms.filter((name) => name !== 'sha256').map((name) => `blobs/${name}`));
  for (const name of await readdir(join(store, 'blobs', 'sha256')).catch(() => [])) {
    const digest = digestOf(await readFile(join(store, 'blobs', 'sha256', name)));
    if (digest !== `sha256:${name}` && !damaged.has(`sha256:${name}`)) {
      stray.push(`blobs/sha256/${name} is ${digest}`);
    }
  }
  return stray.map((name) => `store/${name}`);
}
