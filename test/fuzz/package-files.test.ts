import { expect, test } from 'vitest';

import { onePiece } from '../../src/oci/one-piece.ts';
import { digestOf } from '../../src/oci/digest.ts';
import type { ImagePackages } from '../../src/report/package.ts';
import { mergeFindings } from '../../src/report/packages/merge-findings.ts';
import { scanLayer } from '../../src/report/packages/scan-layer.ts';
import { seededRandom } from '../soak/seeded-random.ts';
import type { SeededRandom } from '../soak/seeded-random.ts';
import { layerTar } from '../support/layer-tar.ts';
import { changed } from './mutations.ts';
import { packageFileSamples } from './package-file-samples.ts';
import type { PackageFileSample } from './package-file-samples.ts';

const seed = 20_261;
const rounds = 800;
const { signal } = new AbortController();

/** Each change is read, or told of in words: nothing that a layer holds ends in an error, or steers a terminal. */
test('changed files of packages, and changed layers, are read or told to be unreadable', async () => {
  const samples = packageFileSamples();
  let [whole, damaged] = [0, 0];
  for (let index = 0; index < rounds; index += 1) {
    const random = seededRandom(seed * 1_000_003 + index);
    const { packages, warnings } = await readChanged(random.pick(samples), random);
    const told = packages.flatMap(({ name, version, path }) => [name, version, path]);
    expect(
      told.filter((text) => /\p{Cc}/u.test(text) && !text.includes('/')),
      `round ${index}`,
    ).toEqual([]);
    const messages = warnings.map(({ message }) => message);
    expect(
      messages.filter((each) => /\p{Cc}/u.test(each) || each.length > 1000),
      `round ${index}`,
    ).toEqual([]);
    expect(packages.length).toBeLessThan(5000);
    if (packages.length > 0) whole += 1;
    if (warnings.length > 0) damaged += 1;
  }
  expect(Math.min(whole, damaged)).toBeGreaterThan(100);
});

async function readChanged({ path, bytes }: PackageFileSample, random: SeededRandom): Promise<ImagePackages> {
  const kind = random.pick(['file', 'end', 'tar', 'cut']);
  const cut = kind === 'end' ? bytes.subarray(0, random.integer(0, bytes.length)) : bytes;
  const tar = await layerTar({ [path]: kind === 'file' ? changed(cut, random) : cut, 'etc/.wh.x': '' });
  const layer =
    kind === 'tar'
      ? Buffer.concat([changed(tar.subarray(0, 1536), random), tar.subarray(1536)])
      : tar.subarray(0, kind === 'cut' ? random.integer(0, tar.length) : tar.length);
  return mergeFindings([{ digest: digestOf(layer), findings: await scanLayer(onePiece(layer), signal) }]);
}
