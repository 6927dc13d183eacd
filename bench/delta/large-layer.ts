/**
 * Memory and speed with one large layer: a delta bundle of its second version against the first, and what applying that takes. README.md says how to
 * read the table that it prints.
 *
 *   npm run build && npx node bench/delta/large-layer.ts
 *
 *   --mb 2000             so many megabytes of tar
 *   --level 6             of zlib, with which the layer is compressed
 *   --palette-edge FILE   another bin/run.js in our place
 *   --work DIR            where everything is written: five times as much as the tar has
 *
 * Some ten minutes on two processors. Needs what scripts/required-tools.json names.
 */
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { startBenchRegistry } from '../pull/bench-registry.ts';
import { assemble } from '../pull/image-set.ts';
import { pushImage } from '../pull/push-image.ts';
import { markdownTable, rate } from '../squeeze/size-table.ts';
import { applyDelta, buildBundle } from './delta-runs.ts';
import type { DeltaPlace, MadeFile } from './delta-runs.ts';
import { largeLayer, plainSize } from './large-versions.ts';

const { values } = parseArgs({
  options: {
    mb: { type: 'string', default: '2000' },
    level: { type: 'string', default: '6' },
    'palette-edge': { type: 'string', default: fileURLToPath(new URL('../../bin/run.js', import.meta.url)) },
    work: { type: 'string', default: join(tmpdir(), 'palette-edge-bench-large') },
  },
});
const { work } = values;
const blobs = join(work, 'blobs');
const size = { bytes: Number(values.mb) * 1e6, level: Number(values.level) };

await rm(work, { recursive: true, force: true });
await mkdir(work, { recursive: true });
const registry = await startBenchRegistry(join(work, 'registry'));
const place: DeltaPlace = {
  work: join(work, 'made'),
  path: process.env['PATH'] ?? '',
  ours: `${process.execPath} ${values['palette-edge']}`,
  host: registry.host,
  blobs,
  limit: 3600,
};
try {
  await measure();
} finally {
  await registry.stop();
  await rm(work, { recursive: true, force: true });
}

async function measure(): Promise<void> {
  const [before, after] = [await largeLayer(blobs, 1, size), await largeLayer(blobs, 2, size)];
  const tarBytes = await plainSize(join(blobs, after.digest));
  const images = [assemble('large', [after])];
  await pushImage({ host: registry.host, blobs }, assemble('large', [before]));
  const old = await buildBundle(place, 'version 1', { images });
  await pushImage({ host: registry.host, blobs }, assemble('large', [after]));
  const plain = await buildBundle(place, 'palette-edge build', { images });
  const delta = await buildBundle(place, 'palette-edge build --base', { images, base: old });
  const applied = await applyDelta(place, { old, delta, plain });
  const rows: readonly MadeFile[] = [plain, delta, { name: 'palette-edge apply', ...applied }];
  console.log(`one layer: ${megabytes(tarBytes)} MB of tar, ${megabytes(after.size)} MB of gzip`);
  const headers = ['', 'MB', 'seconds', 'CPU, seconds', 'MB/s of tar', 'largest process, MB'];
  console.log(
    markdownTable(
      headers,
      rows.map(({ name, bytes = 0, figures }) => [
        name,
        megabytes(bytes),
        figures?.seconds.toFixed(1) ?? '',
        figures?.cpuSeconds.toFixed(1) ?? '',
        figures === undefined ? '' : rate(tarBytes, figures.seconds),
        megabytes(figures?.largestProcess ?? 0),
      ]),
    ),
  );
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0);
}
