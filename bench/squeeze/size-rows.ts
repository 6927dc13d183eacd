import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { contestants } from '../pull/contestants.ts';
import { measuredRun } from '../pull/measured-run.ts';
import type { Figures } from '../pull/measured-run.ts';
import { imageReference } from '../pull/push-image.ts';
import { timedRun } from '../timed-run.ts';
import { layersOf } from './bench-place.ts';
import type { BenchPlace } from './bench-place.ts';

/** One way to hold the images, and what it took. */
export interface SizeRow {
  readonly name: string;
  readonly bytes: number;
  /** Absent where nothing ran. */
  readonly figures?: Figures;
  /** Whether the tars in the layers were read, not only the gzip files. */
  readonly readsTars?: boolean;
}

/** What `zstd` is asked for beside ours. */
interface StreamOptions {
  readonly name: string;
  /** Options of zstd. */
  readonly options: string;
  /** What makes the stream of the layers' files. */
  readonly reader: 'gzip -dc' | 'cat';
}

/** One stream of zstd, in one thread, over the layers in the order of the images, each once. What reads them is in the figures. */
export async function streamRow(
  place: BenchPlace,
  { name, options, reader }: StreamOptions,
): Promise<SizeRow> {
  const folder = await emptyFolder(place);
  const files = layersOf(place.images).map(({ digest }) => `${join(place.blobs, digest)}\n`);
  await writeFile(join(folder, 'layers.txt'), files.join(''));
  const script = `xargs ${reader} < layers.txt | timeout ${place.limit} zstd -q ${options} -o out.zst`;
  return await measuredRow(place, { name, script, output: 'out.zst', readsTars: reader === 'gzip -dc' });
}

/** What these peers make of the images; those that are not there are told of and left out. */
export async function peerRows(place: BenchPlace, names: readonly string[]): Promise<SizeRow[]> {
  const job = {
    host: place.host,
    references: place.images.map((image) => imageReference(place.host, image)),
  };
  const rows: SizeRow[] = [];
  for (const contestant of contestants().filter(({ name }) => names.includes(name))) {
    const { name, version, script } = contestant;
    const folder = await emptyFolder(place);
    try {
      await timedRun(['sh', '-ec', version], { cwd: folder, env: { PATH: place.path } });
    } catch {
      console.log(`${name} is not there`);
      continue;
    }
    const files = { 'images.txt': `${job.references.join('\n')}\n`, ...contestant.files?.(job) };
    for (const [file, content] of Object.entries(files)) await writeFile(join(folder, file), content);
    rows.push(await measuredRow(place, { name, script: script(job), output: 'out.tar.zst' }));
  }
  return rows;
}

async function measuredRow(
  place: BenchPlace,
  {
    name,
    script,
    output,
    readsTars = false,
  }: { name: string; script: string; output: string; readsTars?: boolean },
): Promise<SizeRow> {
  const folder = streamFolder(place);
  const figures = await measuredRun(script, folder, place.path);
  const { size: bytes } = await stat(join(folder, output));
  console.error(`${name}: ${bytes} bytes, ${figures.seconds.toFixed(1)} s`);
  await rm(folder, { recursive: true });
  return { name, bytes, figures, readsTars };
}

async function emptyFolder(place: BenchPlace): Promise<string> {
  const folder = streamFolder(place);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  return folder;
}

function streamFolder({ work }: BenchPlace): string {
  return join(work, 'beside');
}
