import { afterAll, beforeAll, expect, test } from 'vitest';

import { inventoryPath } from '../../src/bundle/inventory.ts';
import { plainInventoryPath } from '../../src/bundle/squeezed-inventory.ts';
import { StreamReader } from '../../src/bundle/stream-reader.ts';
import { encodeHead } from '../../src/bundle/tar-layout.ts';
import { verifyBundleBytes } from '../../src/bundle/verify-bundle.ts';
import { PaletteEdgeError } from '../../src/errors.ts';
import { canonicalJson } from '../../src/io/canonical-json.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { readWholeBlob } from '../../src/oci/read-whole-blob.ts';
import { RestoringThreads } from '../../src/workflows/restoring-threads.ts';
import { frameOf, joinFrames } from '../fuzz/crafted-bundle.ts';
import { mutateJson } from '../fuzz/mutate-json.ts';
import type { JsonObject } from '../fuzz/mutate-json.ts';
import { seededRandom } from '../soak/seeded-random.ts';
import type { SeededRandom } from '../soak/seeded-random.ts';
import { sampleBundle } from '../support/sample-bundle.ts';
import { nodeRestorer, openSqueezed, squeezeSample } from '../support/sample-squeezed.ts';
import { squeezableBundle } from '../support/squeezable-bundle.ts';
import { squeezedBytes } from '../support/squeezing.ts';

const seed = 20_267;
let squeezed: Awaited<ReturnType<typeof squeezeSample>>;
/** Content of its frames: the head first. */
const contents: Buffer[] = [];

beforeAll(async () => {
  squeezed = await squeezeSample(await sampleBundle());
  const { frames } = await openSqueezed(squeezed.bytes);
  for (let index = 0; index < frames.count; index += 1) contents.push(Buffer.from(await frames.read(index)));
});

const restorer = new RestoringThreads();
afterAll(async () => await restorer.close());

/** The code that something ends with; `well` when it ends well. Anything but an error for a user is a bug, and thrown. */
async function endOf(read: () => Promise<unknown>): Promise<string> {
  try {
    await read();
    return 'well';
  } catch (error) {
    if (!(error instanceof PaletteEdgeError)) throw error;
    return error.code;
  }
}

async function readFile(bytes: Buffer): Promise<void> {
  const reader = await openSqueezed(bytes);
  const { problems } = await verifyBundleBytes(reader);
  if (problems.length > 0) throw new PaletteEdgeError('PROBLEMS', 'told of', { kind: 'content' });
  for (const blob of reader.inTarOrder()) await readWholeBlob(reader, blob);
}

async function readStream(bytes: Buffer): Promise<void> {
  const pieces = (async function* () {
    yield await Promise.resolve(bytes);
  })();
  const reader = await StreamReader.open(pieces, 'standard input', { restorer: nodeRestorer });
  for await (const { content } of reader.blobs(() => true)) for await (const _ of content);
  await reader.finish();
}

/** The squeezed bundle with another inventory of its own, or of the plain bundle, which then is the one that its own names. */
function withInventory(path: string, random: SeededRandom): Buffer {
  const entries = new Map(squeezed.plan.headEntries.map((entry) => [entry.path, Buffer.from(entry.bytes)]));
  const document: JsonObject = JSON.parse(String(entries.get(path)));
  mutateJson(document, random);
  entries.set(path, Buffer.from(canonical(document)));
  if (path === plainInventoryPath) {
    const own: JsonObject & { files: { path: string; size: number; digest: string }[] } = JSON.parse(
      String(entries.get(inventoryPath)),
    );
    for (const file of own.files) {
      const bytes = entries.get(file.path) ?? Buffer.alloc(0);
      Object.assign(file, { size: bytes.length, digest: digestOf(bytes) });
    }
    entries.set(inventoryPath, Buffer.from(canonical(own)));
  }
  const head = encodeHead([...entries].map(([name, bytes]) => ({ path: name, bytes })));
  return joinFrames([head, ...contents.slice(1)].map(frameOf));
}

/** Of what canonical JSON cannot be, any JSON. */
function canonical(document: JsonObject): string {
  try {
    return canonicalJson(document);
  } catch {
    return JSON.stringify(document);
  }
}

test('an inventory that lies is refused or harmless, by file and by stream alike', async () => {
  const random = seededRandom(seed);
  const endings = new Set<string>();
  /** How those ended as streams that are well as files. */
  const asStreams = new Set<string>();
  for (let round = 0; round < 250; round += 1) {
    const bytes = withInventory(random.pick([inventoryPath, plainInventoryPath]), random);
    const [file, stream] = [
      await endOf(async () => await readFile(bytes)),
      await endOf(async () => await readStream(bytes)),
    ];
    endings.add(file);
    if (file === 'well') asStreams.add(stream);
  }
  expect(endings).toContain('INVENTORY_INVALID');
  expect([...asStreams].filter((code) => code !== 'well')).toEqual([]);
  expect([...endings].filter((code) => code !== 'well' && !known.has(code))).toEqual([]);
}, 60_000);

const known: ReadonlySet<string> = new Set([
  'BUNDLE_DAMAGED',
  'BUNDLE_VERSION_UNSUPPORTED',
  'DIGEST_MISMATCH',
  'DIGEST_UNSUPPORTED',
  'INVENTORY_INVALID',
  'PROBLEMS',
  'SIZE_MISMATCH',
]);

test('a recipe that lies gives the right bytes or an error, and soon', async () => {
  const bytes = await squeezedBytes((await squeezableBundle({ more: false, length: 20_000 })).bytes);
  const reader = await openSqueezed(bytes);
  const layers = reader.stored.squeezed?.layers ?? [];
  expect(layers.length).toBeGreaterThan(3);
  const random = seededRandom(seed);
  const endings = new Set<string>();
  for (let round = 0; round < 300; round += 1) {
    const layer = random.pick(layers);
    const content = reader.squeezedContent(layer);
    const recipe = changed(await content.recipe(), random);
    const restored = restorer.restore({ ...content, recipe: async () => await Promise.resolve(recipe) });
    endings.add(
      await endOf(async () => {
        const pieces: Uint8Array[] = [];
        for await (const piece of restored) pieces.push(Uint8Array.from(piece));
        expect(digestOf(Buffer.concat(pieces))).toBe(layer.digest);
      }),
    );
  }
  expect([...endings].filter((code) => code !== 'well' && !/^(?:RECIPE|GZIP)_/.test(code))).toEqual([]);
  expect(endings).toContain('RECIPE_MISMATCH');
}, 60_000);

/** Some changes of bytes and numbers, or the end cut off. */
function changed(original: Uint8Array, random: SeededRandom): Buffer {
  const bytes = Buffer.from(original);
  if (random.chance(0.1)) return bytes.subarray(0, random.integer(0, bytes.length - 1));
  for (let change = random.integer(1, 3); change > 0; change -= 1) {
    const at = random.integer(0, bytes.length - 1);
    if (random.chance(0.5)) bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random.integer(0, 7)), at);
    else if (at + 4 <= bytes.length) bytes.writeUInt32LE(random.pick([0, 1, 2 ** 31, 2 ** 32 - 1]), at);
  }
  return bytes;
}
