import { gzipSync } from 'node:zlib';

import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import type { Header } from 'tar-stream';

import type { ImageToBundle } from '../../src/bundle/plan-bundle.ts';
import { readChartArchive } from '../../src/chart/chart-archive.ts';
import { chartArtifact } from '../../src/chart/chart-artifact.ts';
import { readChartMetadata } from '../../src/chart/chart-metadata.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { graphOf } from './sample-images.ts';
import type { MemoryBlobs } from './sample-images.ts';

/** A file of an archive: its path, its content, and what its header says besides. */
export type ArchiveEntry = readonly [path: string, content: string | Uint8Array, header?: Partial<Header>];

/** A `.tgz` with these entries. */
export async function tgz(entries: readonly ArchiveEntry[]): Promise<Buffer> {
  const tar = pack();
  for (const [name, content, header] of entries)
    tar.entry({ name, mtime: new Date(0), ...header }, Buffer.from(content));
  tar.finalize();
  return gzipSync(await buffer(tar), { level: 1 });
}

/** The archive of a chart with a template and values. */
export async function sampleChart(
  name: string,
  version: string,
  { more = '', files = [] }: { readonly more?: string; readonly files?: readonly ArchiveEntry[] } = {},
): Promise<Buffer> {
  return await tgz([
    [`${name}/Chart.yaml`, `apiVersion: v2\nname: ${name}\nversion: ${version}\n${more}`],
    [`${name}/values.yaml`, 'image: docker.io/library/nginx:1.27\n'],
    [
      `${name}/templates/map.yaml`,
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n',
    ],
    ...files,
  ]);
}

/** A chart as a build puts it into a bundle. */
export async function chartToBundle(
  blobs: MemoryBlobs,
  { reference, source, archive }: { reference: string; source: string; archive: Uint8Array },
): Promise<ImageToBundle> {
  const metadata = readChartMetadata(await readChartArchive(archive, reference), reference);
  const { manifest, blobs: parts } = chartArtifact(archive, metadata);
  for (const { bytes, descriptor } of [manifest, ...parts]) blobs.add(bytes, descriptor.mediaType);
  const { name, version } = metadata;
  return {
    reference: parseReference(reference),
    origins: [{ kind: 'flag', flag: 'chart' }],
    graph: await graphOf(blobs, manifest.descriptor),
    chart: { name, version, source },
  };
}
