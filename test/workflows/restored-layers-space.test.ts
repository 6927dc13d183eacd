import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

import { describe, expect, test } from 'vitest';

import type { BlobReader } from '../../src/oci/blob-access.ts';
import type { BlobIdentity } from '../../src/oci/descriptor.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { RestoredLayers } from '../../src/workflows/restored-layers.ts';
import { rejection } from '../support/rejection.ts';
import { noise } from '../support/sample-bundle.ts';
import { smallDisk } from '../support/small-disk.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const size = 300_000;

interface Layer {
  readonly bytes: Buffer;
  readonly blob: BlobIdentity;
}

function layerOf(seed: number): Layer {
  const bytes = noise(size, seed);
  return { bytes, blob: { digest: digestOf(bytes), size } };
}

const first = layerOf(1);
const second = layerOf(2);
const third = layerOf(3);

/** Restores layers, counts how often, and waits in the middle of one as long as it is told to. */
class Restorer implements Pick<BlobReader, 'open'> {
  readonly begun: BlobIdentity[] = [];
  readonly ended: BlobIdentity[] = [];
  blocked = Promise.resolve();

  async open(blob: BlobIdentity, { signal }: { readonly signal?: AbortSignal } = {}) {
    this.begun.push(blob);
    return await Promise.resolve(this.#content(blob, signal));
  }

  async *#content(blob: BlobIdentity, signal: AbortSignal | undefined) {
    const layer = [first, second, third].find((each) => each.blob === blob);
    const aborted = Promise.withResolvers<never>();
    signal?.addEventListener('abort', () => aborted.reject(signal.reason));
    aborted.promise.catch(() => undefined);
    try {
      for (let start = 0; start < size; start += 50_000) {
        if (start === 100_000) await Promise.race([this.blocked, aborted.promise]);
        yield layer?.bytes.subarray(start, start + 50_000) ?? Buffer.alloc(0);
      }
    } finally {
      this.ended.push(blob);
    }
  }
}

async function kept(limit: number) {
  const restored = new RestoredLayers({ folder: await temporaryFolder(), limit });
  const restorer = new Restorer();
  const read = async ({ blob }: Layer): Promise<Buffer> => await buffer(restored.open(restorer, blob, {}));
  /** Reads the first bytes, and leaves. */
  const leave = async ({ blob }: Layer): Promise<void> => {
    for await (const piece of restored.open(restorer, blob, {})) {
      expect(piece.length).toBeGreaterThan(0);
      return;
    }
  };
  return { restored, restorer, read, leave };
}

test('a layer is restored once, whole and in parts', async () => {
  const { restored, restorer, read } = await kept(size);
  expect(first.bytes.equals(await read(first))).toBe(true);
  const range = { start: 1000, end: 200_000 };
  const part = await buffer(restored.open(restorer, first.blob, { range }));
  expect(part.equals(first.bytes.subarray(1000, 200_000))).toBe(true);
  expect(restorer.begun).toEqual([first.blob]);
  await restored[Symbol.asyncDispose]();
});

describe('the limit holds', () => {
  test('for what was read: the oldest goes first', async () => {
    const { restored, restorer, read } = await kept(2 * size);
    for (const layer of [first, second, first, third, first]) await read(layer);
    expect(restorer.begun).toEqual([first.blob, second.blob, third.blob]);
    await read(second);
    expect(restorer.begun).toHaveLength(4);
    await restored[Symbol.asyncDispose]();
  });

  test('when a client leaves: what would not fit is not restored to its end', async () => {
    const { restored, restorer, leave, read } = await kept(size - 1);
    restorer.blocked = new Promise(() => undefined);
    await leave(first);
    expect(restorer.ended).toEqual([first.blob]);
    restorer.blocked = Promise.resolve();
    expect(first.bytes.equals(await read(first))).toBe(true);
    await restored[Symbol.asyncDispose]();
  });

  test('when several leave: as many are restored to their end as fit, and older ones go for them', async () => {
    const { restored, restorer, leave, read } = await kept(2 * size);
    await read(third);
    const gate = Promise.withResolvers<void>();
    restorer.blocked = gate.promise;
    await leave(first);
    await leave(second);
    gate.resolve();
    await read(first);
    await read(second);
    expect(restorer.begun).toEqual([third.blob, first.blob, second.blob]);
    await read(third);
    expect(restorer.begun).toHaveLength(4);
    await restored[Symbol.asyncDispose]();
  });

  test('while others wait for the same layer it goes on', async () => {
    const { restored, restorer, leave, read } = await kept(size - 1);
    const gate = Promise.withResolvers<void>();
    restorer.blocked = gate.promise;
    const reading = read(first);
    await leave(first);
    gate.resolve();
    expect(first.bytes.equals(await reading)).toBe(true);
    expect(restorer.begun).toEqual([first.blob]);
    await restored[Symbol.asyncDispose]();
  });
});

describe('a disk that is full', () => {
  test('gets room from layers that nobody reads, whatever the limit is', async () => {
    await using disk = await smallDisk(2.5 * size);
    await using restored = new RestoredLayers({ folder: disk.path, limit: 100 * size });
    const restorer = new Restorer();
    for (const layer of [first, second, third, first])
      expect(layer.bytes.equals(await buffer(restored.open(restorer, layer.blob, {})))).toBe(true);
  });

  test('is told when nothing can be given back, and taken again when it can', async () => {
    await using disk = await smallDisk(1.5 * size);
    await using restored = new RestoredLayers({ folder: disk.path, limit: 100 * size });
    const restorer = new Restorer();
    const reading = restored.open(restorer, first.blob, {});
    await reading.next();
    const error = await rejection(buffer(restored.open(restorer, second.blob, {})));
    expect(error).toMatchObject({ code: 'DISK_FULL', kind: 'disk' });
    expect(error.suggestions).toEqual(['Choose another folder on a disk with space: TMPDIR=FOLDER']);
    await reading.return();
    const again = await buffer(restored.open(restorer, second.blob, {}));
    expect(second.bytes.equals(again)).toBe(true);
  });
});

describe('the folder', () => {
  test('is looked at before anybody asks for a layer', async () => {
    const folder = join(await temporaryFolder(), 'none');
    await using restored = new RestoredLayers({ folder, limit: size });
    const error = await rejection(restored.checkFolder());
    expect(error).toMatchObject({ code: 'FILE_NOT_FOUND' });
    expect(error.message).toContain(folder);
    await mkdir(folder);
    await restored.checkFolder();
    expect(await readdir(folder)).toEqual([]);
  });
});
