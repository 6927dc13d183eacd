import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { measuredRun } from '../pull/measured-run.ts';
import { timedRun } from '../timed-run.ts';
import { layersOf } from '../squeeze/bench-place.ts';
import { emptyFolder } from './delta-runs.ts';
import type { DeltaPlace, MadeBundle, MadeFile } from './delta-runs.ts';
import type { TwoVersions } from './two-versions.ts';

/** `zstd --patch-from` has the whole old file in its window: 2^31 bytes at most. */
const mostBytes = 2 ** 31;
/** zstd makes the window large enough for the old file, whatever is said here. */
const options = '-9 --long=27';

/** The new plain bundle by the old one, as files. */
export async function patchFromFiles(
  place: DeltaPlace,
  old: MadeBundle,
  { path }: MadeBundle,
): Promise<MadeFile> {
  const folder = await emptyFolder(place, 'patch-from');
  return await patchFrom(place, { name: 'of the two plain bundles', folder, old: old.path, new: path });
}

/** The tars in the layers of the new version by those of the old one, each layer once. */
export async function patchFromTars(
  place: DeltaPlace,
  { before, after }: Pick<TwoVersions, 'before' | 'after'>,
): Promise<MadeFile> {
  const folder = await emptyFolder(place, 'patch-from');
  for (const [name, images] of [['old.tar', before] as const, ['new.tar', after] as const]) {
    const files = layersOf(images).map(({ digest }) => `${join(place.blobs, digest)}\n`);
    await writeFile(join(folder, `${name}.txt`), files.join(''));
    await timedRun(['sh', '-ec', 'xargs gzip -dc < "$1.txt" > "$1"', 'sh', name], { cwd: folder });
  }
  const [old, wanted] = [join(folder, 'old.tar'), join(folder, 'new.tar')];
  return await patchFrom(place, { name: 'of the tars in the layers', folder, old, new: wanted });
}

async function patchFrom(
  place: DeltaPlace,
  files: { readonly name: string; readonly folder: string; readonly old: string; readonly new: string },
): Promise<MadeFile> {
  const name = `zstd ${options} --patch-from ${files.name}`;
  try {
    const sizes = await Promise.all([files.old, files.new].map(async (path) => (await stat(path)).size));
    if (Math.max(...sizes) >= mostBytes) return { name: `${name}: takes no files of 2 GiB` };
    const command = `zstd -q -T1 ${options} --patch-from=${files.old} ${files.new} -o out.zst`;
    const figures = await measuredRun(`timeout ${place.limit} ${command}`, files.folder, place.path);
    const { size: bytes } = await stat(join(files.folder, 'out.zst'));
    console.error(`${name}: ${bytes} bytes, ${figures.seconds.toFixed(1)} s`);
    return { name, bytes, figures };
  } finally {
    await rm(files.folder, { recursive: true });
  }
}
