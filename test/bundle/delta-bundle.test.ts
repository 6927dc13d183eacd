import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { parseAnyInventory } from '../../src/bundle/parse-inventory.ts';
import { inventoryPath } from '../../src/bundle/inventory.ts';
import type { DeltaContent } from '../../src/bundle/squeezed-inventory.ts';
import { encodeHead } from '../../src/bundle/tar-layout.ts';
import { PaletteEdgeError } from '../../src/errors.ts';
import { canonicalJson } from '../../src/io/canonical-json.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { withBundle } from '../../src/workflows/with-bundle.ts';
import { frameOf, joinFrames } from '../fuzz/crafted-bundle.ts';
import { mutateJson } from '../fuzz/mutate-json.ts';
import type { JsonObject } from '../fuzz/mutate-json.ts';
import { seededRandom } from '../soak/seeded-random.ts';
import { applyDelta, deltaFiles, isSameFile } from '../support/delta-bundles.ts';
import type { DeltaFiles } from '../support/delta-bundles.ts';
import { rejection } from '../support/rejection.ts';

let files: DeltaFiles;
/** Content of the frames of a delta bundle: the head first. */
const contents: Buffer[] = [];
let head: { readonly path: string; readonly bytes: Uint8Array }[] = [];

beforeAll(async () => {
  files = await deltaFiles(await mkdtemp(join(tmpdir(), 'palette-edge-test-')));
  await withBundle(files.second, async ({ frames, stored }) => {
    for (let index = 0; index < frames.count; index += 1)
      contents.push(Buffer.from(await frames.read(index)));
    const entries = [...stored.files].map(([path, bytes]) => ({ path, bytes: Buffer.from(bytes) }));
    head = [
      ...entries.slice(0, 3),
      { path: inventoryPath, bytes: stored.inventoryBytes },
      ...entries.slice(3),
    ];
  });
});
afterAll(async () => await rm(files.folder, { recursive: true }));

/** The delta bundle with another inventory. */
function withInventory(change: (document: JsonObject) => void): Buffer {
  const entries = head.map(({ path, bytes }) => {
    if (path !== inventoryPath) return { path, bytes };
    const document: JsonObject = JSON.parse(String(bytes));
    change(document);
    return { path, bytes: Buffer.from(canonical(document)) };
  });
  return joinFrames([encodeHead(entries), ...contents.slice(1)].map(frameOf));
}

/** Of what canonical JSON cannot be, any JSON. */
function canonical(document: JsonObject): string {
  try {
    return canonicalJson(document);
  } catch {
    return JSON.stringify(document);
  }
}

/** The code that applying ends with; `well` when it ends well, which must give the right bundle. Anything but an error for a user is thrown. */
async function endOf(bytes: Uint8Array): Promise<string> {
  const [delta, output] = [join(files.folder, 'hostile.tar.zst'), join(files.folder, 'out.tar.zst')];
  await writeFile(delta, bytes);
  try {
    await applyDelta(delta, { bases: [files.versions[0]], output });
  } catch (error) {
    if (!(error instanceof PaletteEdgeError)) throw error;
    if (existsSync(output)) throw new Error('something is left', { cause: error });
    return error.code;
  }
  expect(await isSameFile(output, files.versions[1])).toBe(true);
  await rm(output);
  return 'well';
}

test('nothing but the inventory is changed here', async () => {
  expect(await endOf(withInventory(() => undefined))).toBe('well');
});

const known: ReadonlySet<string> = new Set([
  'well',
  'BASE_NEEDED',
  'BUNDLE_DAMAGED',
  'BUNDLE_VERSION_UNSUPPORTED',
  'DIGEST_MISMATCH',
  'DIGEST_UNSUPPORTED',
  'INVENTORY_INVALID',
  'IS_A_DELTA',
  'NOT_A_DELTA',
  'NOT_ENOUGH_SPACE',
  'PATCH_INVALID',
  'RECIPE_MISMATCH',
  'RECIPE_INVALID',
  'SIZE_MISMATCH',
]);

test('an inventory that lies is refused or harmless', async () => {
  const random = seededRandom(20_268);
  const endings = new Set<string>();
  for (let round = 0; round < 30; round += 1)
    endings.add(await endOf(withInventory((document) => mutateJson(document, random))));
  expect([...endings].filter((code) => !known.has(code))).toEqual([]);
  expect(endings).toContain('INVENTORY_INVALID');
}, 60_000);

/** Changes what an inventory says of its bases. */
function withDelta(change: (delta: DeltaContent) => unknown): Buffer {
  return withInventory((document) => {
    const own = parseAnyInventory(Buffer.from(canonical(document)));
    if (own.mode !== 'delta' || own.delta === undefined) throw new TypeError('no delta bundle');
    document['delta'] = JSON.parse(JSON.stringify(change(own.delta)));
  });
}

const digest = digestOf('nothing');

test.each<[string, (delta: DeltaContent) => unknown, { readonly code: string; readonly message?: string }]>([
  [
    'no bases',
    (delta) => ({ ...delta, bases: [] }),
    { code: 'INVENTORY_INVALID', message: 'delta.bases is empty' },
  ],
  [
    'a patch that is not there',
    (delta) => ({ ...delta, patches: delta.patches.map((patch) => ({ ...patch, patch: digest })) }),
    { code: 'INVENTORY_INVALID', message: 'the patch of delta.patches[0] is not there' },
  ],
  [
    'a patch that is made against itself',
    (delta) => ({ ...delta, patches: delta.patches.map((patch) => ({ ...patch, olds: [patch.plain] })) }),
    { code: 'BASE_NEEDED' },
  ],
  [
    'a patch against nothing',
    (delta) => ({ ...delta, patches: delta.patches.map((patch) => ({ ...patch, olds: [] })) }),
    { code: 'PATCH_INVALID' },
  ],
  [
    'a patch that gives more',
    (delta) => ({ ...delta, patches: delta.patches.map((patch) => ({ ...patch, size: patch.size + 512 })) }),
    { code: 'RECIPE_MISMATCH' },
  ],
  [
    'blobs that no base has',
    (delta) => ({ ...delta, taken: [] }),
    { code: 'INVENTORY_INVALID', message: 'its blobs are not those' },
  ],
])('%s', async (_name, change, { code, message = '' }) => {
  const path = join(files.folder, 'changed.tar.zst');
  await writeFile(path, withDelta(change));
  const output = join(files.folder, 'out.tar.zst');
  const error = await rejection(applyDelta(path, { bases: [files.versions[0]], output }));
  expect(error).toMatchObject({ code });
  expect(error.message).toContain(message);
  expect(existsSync(output)).toBe(false);
});
