import { gzipSync } from 'node:zlib';

import { parsePartName } from '../../../src/bundle/part-name.ts';
import { encodePartsList, parsePartsList } from '../../../src/bundle/parts-list.ts';
import { parseAnyInventory } from '../../../src/bundle/parse-inventory.ts';
import { inventoryPath, serializeInventory } from '../../../src/bundle/inventory.ts';
import { canonicalJson } from '../../../src/io/canonical-json.ts';
import { TarError } from '../../../src/io/tar-block.ts';
import { tarMembers } from '../../../src/io/tar-members.ts';
import { readBootStructure } from '../../../src/iso/boot-structure.ts';
import { parseChecksums } from '../../../src/iso/iso-checksums.ts';
import { openIsoImage } from '../../../src/iso/iso-image.ts';
import { checkUserData } from '../../../src/iso/user-data.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { onePiece } from '../../../src/oci/one-piece.ts';
import { mergeFindings } from '../../../src/report/packages/merge-findings.ts';
import { scanLayer } from '../../../src/report/packages/scan-layer.ts';
import { AnalysisPasses } from '../../../src/squeeze/analysis-passes.ts';
import { createGzipAnalyzer } from '../../../src/squeeze/analyze-gzip.ts';
import { createGzipInflater } from '../../../src/squeeze/inflate-gzip.ts';
import { parseRecipe } from '../../../src/squeeze/recipe.ts';
import { applied, patchOf } from '../../delta/delta-inputs.ts';
import { craftedIso } from '../../support/crafted-iso.ts';
import { layerTar } from '../../support/layer-tar.ts';
import { memoryAccess, noise, sampleBundle } from '../../support/sample-bundle.ts';
import { sampleServedBundle } from '../../support/sample-served-bundle.ts';
import { squeezeSample } from '../../support/sample-squeezed.ts';
import type { JsonValue } from '../mutate-json.ts';
import { packageFileSamples } from '../package-file-samples.ts';
import { must } from '../parser-target.ts';
import type { ParserTarget } from '../parser-target.ts';

const { signal } = new AbortController();
const gzip = gzipSync('some words of a text, and some more words of a text\n'.repeat(200));

/** As an inventory has to be; numbers that it cannot have are there all the same. */
function canonical(document: JsonValue): string {
  try {
    return canonicalJson(document);
  } catch {
    return JSON.stringify(document);
  }
}

/** A recipe that analysing gives. */
function sampleRecipe(): Uint8Array {
  const analyzer = createGzipAnalyzer(gzip.length, new AnalysisPasses(), { maximumRecipeShare: 10 });
  analyzer.push(gzip);
  const { pass } = analyzer.finish();
  if (pass.outcome !== 'described') throw new Error('the sample has no recipe');
  return pass.recipe;
}

/** What is in bundles, layers, sticks and images of them. */
export async function contentTargets(): Promise<readonly ParserTarget[]> {
  const plain = await sampleBundle();
  const squeezed = await squeezeSample(plain);
  const served = await sampleServedBundle();
  const [old, next] = [noise(40_000, 1), Buffer.concat([noise(40_000, 1).subarray(3000), noise(500, 2)])];
  const file = { name: 'a.tar.zst', size: 5, sha256: 'a'.repeat(64) };
  const list = encodePartsList({
    tool: { name: 'palette-edge', version: '0.1.0' },
    bundle: { ...file, id: 'abcdef01' },
    parts: [
      { ...file, name: 'a.tar.zst.part00', size: 3 },
      { ...file, name: 'a.tar.zst.part01', size: 2 },
    ],
  });
  const layers = await Promise.all(
    packageFileSamples().map(async ({ path, bytes }) => await layerTar({ [path]: bytes, 'etc/.wh.x': '' })),
  );
  return [
    {
      name: 'inventories',
      form: 'json',
      samples: [
        ...[plain, served].map(({ plan }) => serializeInventory(plan.inventory)),
        ...squeezed.plan.headEntries.filter(({ path }) => path === inventoryPath).map(({ bytes }) => bytes),
      ],
      encode: canonical,
      isLong: true,
      read: (bytes) => parseAnyInventory(bytes),
    },
    {
      name: 'lists of parts',
      form: 'json',
      samples: [list],
      isLong: true,
      read: (bytes) => {
        for (const { name } of parsePartsList(bytes, 'the test').parts)
          must(!name.includes('/') && name !== '..' && name !== '.', `the name ${name}`);
      },
    },
    {
      name: 'names of parts',
      form: 'text',
      samples: ['a.tar.zst.part00', 'a.zst_part01'],
      read: (bytes) => parsePartName(bytes.toString()),
    },
    {
      name: 'tars',
      form: 'bytes',
      samples: [await layerTar({ 'a/b': 'x', [`${'long/'.repeat(60)}c`]: 'y', d: { to: 'a/b' } })],
      read: async (bytes) => {
        for await (const member of tarMembers(onePiece(bytes))) for await (const _ of member.pieces());
      },
      refusals: [TarError],
    },
    {
      name: 'gzip',
      form: 'bytes',
      samples: [gzip, Buffer.concat([gzip, gzip])],
      read: (bytes) => {
        let size = 0;
        const inflater = createGzipInflater((piece) => (size += piece.length));
        inflater.push(bytes);
        must(size <= bytes.length * 1032, 'more than gzip can hold');
        inflater.finish();
      },
    },
    {
      name: 'gzip to squeeze',
      form: 'bytes',
      samples: [gzip],
      read: (bytes) => {
        const analyzer = createGzipAnalyzer(bytes.length, new AnalysisPasses(), { maximumRecipeShare: 10 });
        analyzer.push(bytes);
        analyzer.finish();
      },
    },
    {
      name: 'recipes',
      form: 'bytes',
      samples: [sampleRecipe()],
      read: (bytes) => parseRecipe(bytes, 'the test'),
    },
    {
      name: 'patches',
      form: 'bytes',
      samples: [patchOf([old], next).bytes],
      read: async (bytes) => {
        must((await applied(bytes, [old], next.length)).length === next.length, 'another length');
      },
    },
    {
      name: 'packages in layers',
      form: 'bytes',
      samples: layers,
      read: async (bytes) => {
        const findings = await scanLayer(onePiece(bytes), signal);
        const { packages } = mergeFindings([{ digest: digestOf(bytes), findings }]);
        must(packages.length < 5000, 'packages without end');
      },
    },
    {
      name: 'ISO images',
      form: 'bytes',
      samples: [craftedIso([{ name: 'A.TXT' }, { name: 'B.TXT', size: 3 }])],
      read: async (bytes) => {
        const access = memoryAccess(bytes);
        await readBootStructure(access);
        const image = await openIsoImage(access, 'the test');
        must(image.files.length < 10_000, 'files without end');
      },
    },
    {
      name: 'lists of checksums',
      form: 'text',
      samples: [`${'a'.repeat(64)}  a/b.txt\r\n${'b'.repeat(64)} *./c\n`],
      isLong: true,
      read: (bytes) => parseChecksums(bytes.toString(), 'the test'),
    },
    {
      name: 'user data',
      form: 'text',
      samples: [
        '#cloud-config\nstylus:\n  site:\n    name: s3cret-site\ninstall: &a\n  poweroff: true\nx: *a\n',
      ],
      words: ['&a', '*a', 'stylus:', '#cloud-config'],
      isLong: true,
      read: (bytes) => checkUserData(bytes, 'the test'),
    },
  ];
}
