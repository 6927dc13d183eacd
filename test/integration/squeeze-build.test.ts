import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import type { BuildResult } from '../../src/workflows/build-bundle.ts';
import type { SqueezeResult } from '../../src/workflows/squeeze-bundle.ts';
import { uefiOnlyIso } from '../support/bootable-iso.ts';
import { plainTree } from '../support/plain-installer.ts';
import { pushImage } from '../support/push-image.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { runningRegistry } from '../support/running-registry.ts';
import { MemoryBlobs } from '../support/sample-images.ts';
import { addLayeredImage, gzipLayer, tarWith, wordyText } from '../support/squeezable-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** A registry with an image of two layers. */
async function registryWithImage() {
  const registry = await runningRegistry();
  const blobs = new MemoryBlobs();
  const layers = [gzipLayer(tarWith(wordyText(80_000, 1))), gzipLayer(tarWith(wordyText(40_000, 2)), 9)];
  const root = addLayeredImage(blobs, layers);
  await pushImage({ origin: registry.origin, repository: 'org/app' }, blobs, { root, tag: '1' });
  return registry;
}

test('squeezing while building, and building from a squeezed bundle, give the bytes of the long way', async () => {
  const cwd = await temporaryFolder();
  const { host, records } = await registryWithImage();
  const build = async (output: string, store: string, ...more: readonly string[]) => {
    const image = ['--image', `${host}/org/app:1`, '--plain-http', host];
    const args = ['build', ...image, '--output', output, '--store', store, ...more];
    return await runCliJson<BuildResult>(args, { cwd });
  };
  const bytesOf = async (name: string) => await readFile(join(cwd, name));
  await build('plain.tar.zst', 'store');
  const { bundle } = await build('squeezed.tar.zst', 'store', '--squeeze', 'fast');
  expect(bundle?.squeezed?.squeezed.layers).toBe(2);
  const long = ['squeeze', 'plain.tar.zst', '--effort', 'fast', '--output', 'long.tar.zst'];
  const { report } = await runCliJson<SqueezeResult>(long, { cwd });
  expect(report).toEqual(bundle?.squeezed);
  expect((await bytesOf('long.tar.zst')).equals(await bytesOf('squeezed.tar.zst'))).toBe(true);
  const before = records.length;
  await build('again.tar.zst', 'fresh', '--existing-bundle', 'squeezed.tar.zst');
  expect((await bytesOf('again.tar.zst')).equals(await bytesOf('plain.tar.zst'))).toBe(true);
  expect(records.slice(before).filter(({ path }) => path.includes('/blobs/'))).toEqual([]);
  await uefiOnlyIso(await plainTree(join(cwd, 'made')));
  const embed = ['made/uefi.iso', '--content', 'squeezed.tar.zst', '--out', 'new.iso'];
  expect(await runCli(['installer', 'embed', ...embed], { cwd })).toMatchObject({ code: 0 });
});
