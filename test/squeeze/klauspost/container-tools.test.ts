import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';

import { expect, test } from 'vitest';

import { createPgzipEncoder, type PgzipParameters } from '../../../src/squeeze/klauspost/pgzip-encoder.ts';
import { podmanStorage } from '../../support/podman-storage.ts';
import { requireTool } from '../../support/required-tools.ts';
import { beginningOf, tarOf } from '../../support/squeeze-inputs.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { writeDirImage } from '../../support/write-dir-image.ts';

const run = promisify(execFile);
const trailerSize = 8;
/** Debian 12 builds all of these programs with klauspost/compress 1.15.12. */
const debian: PgzipParameters = { level: 5, blockSize: 2 ** 20, generation: 11510 };

test('a layer that skopeo compressed comes back', async () => {
  const folder = await temporaryFolder();
  const source = join(folder, 'plain');
  await writeDirImage(source, layerTar());
  const target = join(folder, 'layout');
  await run(requireTool('skopeo'), ['copy', '--insecure-policy', `dir:${source}`, `oci:${target}:x`]);
  const layer = await layerOf(target);
  expect(restoredDigest(layer, debian)).toBe(digestOf(layer));
});

test('a layer that podman compressed comes back', async () => {
  const folder = await temporaryFolder();
  const storage = podmanStorage(folder);
  const podman = async (...args: readonly string[]) =>
    await run(requireTool('podman'), [...storage, ...args]);
  const tar = join(folder, 'layer.tar');
  await writeFile(tar, layerTar());
  await podman('import', tar, 'localhost/layer:1');
  const target = join(folder, 'layout');
  await podman('push', 'localhost/layer:1', `oci:${target}:x`);
  const layer = await layerOf(target);
  expect(restoredDigest(layer, debian)).toBe(digestOf(layer));
});

test('a layer that umoci compressed in blocks of 256 KiB comes back', async () => {
  const folder = await temporaryFolder();
  const umoci = async (...args: readonly string[]) => await run(requireTool('umoci'), args);
  const tar = join(folder, 'layer.tar');
  await writeFile(tar, layerTar());
  const target = join(folder, 'layout');
  await umoci('init', '--layout', target);
  await umoci('new', '--image', `${target}:x`);
  await umoci('raw', 'add-layer', '--image', `${target}:x`, tar);
  const layer = await layerOf(target);
  expect(restoredDigest(layer, { ...debian, blockSize: 2 ** 18 })).toBe(digestOf(layer));
});

/** A tar of sources and of a part of a program, over two blocks long. */
function layerTar(): Buffer {
  const sources = tarOf('src');
  const program = beginningOf(process.execPath, 2 ** 21);
  const header = Buffer.alloc(512);
  header.write('program');
  header.write('0000755\u00000000000\u00000000000\u000000010000000\u000000000000000\u0000', 100);
  header.write('        0', 148);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148);
  return Buffer.concat([header, program, sources]);
}

/** The one gzip blob of a layout. */
async function layerOf(layout: string): Promise<Buffer> {
  const folder = join(layout, 'blobs', 'sha256');
  const names = await readdir(folder);
  const blobs = await Promise.all(names.map(async (name) => await readFile(join(folder, name))));
  const layers = blobs.filter((blob) => blob.readUInt16BE() === 0x1f8b);
  const layer = layers.at(0);
  if (layer === undefined || layers.length > 1) throw new Error('the layout has not one layer');
  return layer;
}

/** Digest of the gzip file as it is made again from its plain bytes, with pgzip's header: the time of Go's zero time, the year 1. */
function restoredDigest(layer: Buffer, parameters: PgzipParameters): string {
  const hash = createHash('sha256').update(Buffer.from('1f8b080000096e8800ff', 'hex'));
  const encoder = createPgzipEncoder(parameters, (bytes) => hash.update(bytes));
  encoder.write(gunzipSync(layer));
  encoder.finish();
  return hash.update(layer.subarray(-trailerSize)).digest('hex');
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
