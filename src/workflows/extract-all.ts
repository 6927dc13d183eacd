import { copyFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { mostManifestBytes } from '../bundle/graph-limits.ts';
import { inventoryPath, signaturePath } from '../bundle/inventory.ts';
import type { BundledChart } from '../bundle/inventory.ts';
import { writeNew } from '../bundle/layout-writer.ts';
import { blobPath } from '../bundle/oci-documents.ts';
import { PaletteEdgeError } from '../errors.ts';
import { makeFolder } from '../io/make-folder.ts';
import { totalSize } from '../io/total-size.ts';
import { digestHex } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { readChartFiles } from './extract-chart.ts';
import type { ChartFiles } from './extract-chart.ts';
import type { ExtractOptions } from './extract-image.ts';
import { countedBlobs, extractFolder, requireFreeFolder } from './extract-output.ts';
import { requireFreeSpace } from './require-free-space.ts';
import type { BundleSource } from './with-bundle-source.ts';

/** What was extracted. */
export interface ExtractedAll {
  readonly kind: 'all';
  readonly images: number;
  /** Each is a file below `charts/`. */
  readonly charts: number;
  /** Each is a file below `files/`. */
  readonly files: number;
  readonly blobs: number;
  /** Of the blobs. */
  readonly bytes: number;
}

const chartNamePattern = /^(?!\.)[A-Za-z0-9._+-]{1,150}$/;

/**
 * Extracts everything: an OCI image layout of all images, with the files of the head, beside it `files/` and `charts/`. The
 * folder appears when all of it is verified.
 *
 * @throws PaletteEdgeError `OUTPUT_TAKEN` (kind usage), of kind disk, or of kind content for what is damaged; `CHARTS_TOO_LARGE` (kind content)
 *   for what no real bundle has
 */
export async function extractAll(
  source: BundleSource,
  output: string,
  { listener, signal }: ExtractOptions,
): Promise<ExtractedAll> {
  const { inventory } = source;
  const { blobs, images, charts, rawFiles = [] } = inventory;
  await requireFreeFolder(output);
  const targets = await targetsOf(source, signal);
  const bytes = totalSize(blobs);
  const copies = blobs.reduce((sum, { digest, size }) => sum + size * (targets.get(digest)?.length ?? 0), 0);
  await requireFreeSpace({ path: output, what: 'the folder', bytes: copies, flag: '--all' });
  listener.onStart(bytes);
  await extractFolder(output, async (folder) => {
    for (const [path, content] of headFiles(source)) await writeNew(join(folder, path), [content]);
    const all = countedBlobs(
      source.blobs(() => true, signal),
      listener.onBytes,
    );
    for await (const { blob, content } of all) {
      const [first, ...others] = (targets.get(blob.digest) ?? []).map((path) => join(folder, path));
      if (first === undefined) continue;
      await writeNew(first, content);
      for (const other of others) await copy(first, other);
    }
    await source.finish();
  });
  const counts = { charts: charts.length, files: rawFiles.length, blobs: blobs.length, bytes };
  return { kind: 'all', images: images.length - charts.length, ...counts };
}

function headFiles({ files, inventoryBytes, signature }: BundleSource): ReadonlyMap<string, Uint8Array> {
  const signatures: [string, Uint8Array][] = signature === undefined ? [] : [[signaturePath, signature]];
  return new Map([...files, [inventoryPath, inventoryBytes], ...signatures]);
}

/** Where each blob goes; what is only a file is not in the layout, which would not name it. */
async function targetsOf(source: BundleSource, signal: AbortSignal): Promise<ReadonlyMap<Digest, string[]>> {
  const { blobs, rawFiles = [] } = source.inventory;
  const targets = new Map<Digest, string[]>(
    blobs.map(({ digest, role }) => [digest, role === 'file' ? [] : [blobPath(digest)]]),
  );
  for (const { name, digest } of rawFiles) targets.get(digest)?.push(`files/${name}`);
  const charts = await filesOfCharts(source, signal);
  for (const [chart, name] of chartNames(source.inventory.charts)) {
    const files = charts.get(chart.digest);
    if (files === undefined) throw new TypeError('the files of all charts were read');
    const { archive, provenance } = files;
    targets.get(archive.digest)?.push(`charts/${name}.tgz`);
    if (provenance !== undefined) targets.get(provenance.digest)?.push(`charts/${name}.tgz.prov`);
  }
  return targets;
}

/** By the digest of the chart: names of one chart are any number. */
async function filesOfCharts(
  source: BundleSource,
  signal: AbortSignal,
): Promise<ReadonlyMap<Digest, ChartFiles>> {
  const blobs = new Map(source.inventory.blobs.map((blob) => [blob.digest, blob]));
  const files = new Map<Digest, ChartFiles>();
  let bytes = 0;
  for (const { reference, digest } of source.inventory.charts) {
    if (files.has(digest)) continue;
    const root = blobs.get(digest);
    bytes += root?.size ?? 0;
    if (bytes > mostManifestBytes) throw tooLarge();
    files.set(digest, await readChartFiles(source, { reference, root }, signal));
  }
  return files;
}

function tooLarge(): PaletteEdgeError {
  return new PaletteEdgeError(
    'CHARTS_TOO_LARGE',
    'the charts are too much to extract at once: expected at most 256 MiB of manifests',
    { kind: 'content', suggestions: ['Extract what is needed: --image, --chart or --file.'] },
  );
}

/**
 * `NAME-VERSION`, as Helm calls them. Both are texts from outside: what cannot be a file name, or is that of another chart on a disk that
 * knows no capital letters, gets the digest, too.
 */
function chartNames(charts: readonly BundledChart[]): ReadonlyMap<BundledChart, string> {
  const names = new Map<BundledChart, string>();
  const taken = new Map<string, number>();
  for (const chart of charts) {
    const plain = `${chart.name}-${chart.version}`;
    const isName = chartNamePattern.test(plain);
    const isFree = isName && !taken.has(plain.toLowerCase());
    const base = isFree ? plain : `${isName ? plain : 'chart'}-${digestHex(chart.digest)}`;
    const before = taken.get(base.toLowerCase()) ?? 0;
    taken.set(base.toLowerCase(), before + 1);
    names.set(chart, before === 0 ? base : `${base}-${before + 1}`);
  }
  return names;
}

async function copy(from: string, to: string): Promise<void> {
  await makeFolder(dirname(to));
  await copyFile(from, to);
}
