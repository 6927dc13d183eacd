import { PaletteEdgeError, wordDiskError } from '../errors.ts';
import { formatByteSize } from '../io/byte-size.ts';
import { freeSpace } from '../io/free-space.ts';
import { requireFreeSpace } from './require-free-space.ts';

/** What is written when a squeezed bundle or a delta bundle becomes plain. */
export interface ApplySpace {
  readonly output: string;
  /** Of the plain bundle. */
  readonly bytes: number;
  /** Where layers of bases are decompressed to; undefined when there are none. */
  readonly folder: string | undefined;
  /** Of those layers, at a time. */
  readonly baseBytes: number;
}

/**
 * Makes sure that there is space for the plain bundle, and for layers of bases meanwhile, which may be on the same disk.
 *
 * @throws PaletteEdgeError `NOT_ENOUGH_SPACE` (kind disk), or a failure to look
 */
export async function requireApplySpace({ output, bytes, folder, baseBytes }: ApplySpace): Promise<void> {
  await requireFreeSpace({ path: output, what: 'the plain bundle', bytes, flag: '--output' });
  if (folder === undefined || baseBytes === 0) return;
  const left = await freeBeside(folder, { output, bytes });
  if (baseBytes <= left) return;
  const need = `layers of bases need ${formatByteSize(baseBytes)} in ${folder}`;
  throw new PaletteEdgeError(
    'NOT_ENOUGH_SPACE',
    `too little free space: ${need} for a while, and ${formatByteSize(Math.max(0, left))} are left there`,
    { kind: 'disk', suggestions: ['Free some space, or name a folder on another disk in TMPDIR.'] },
  );
}

async function freeBeside(
  folder: string,
  { output, bytes }: Pick<ApplySpace, 'output' | 'bytes'>,
): Promise<number> {
  try {
    const [here, there] = await Promise.all([freeSpace(folder), freeSpace(output)]);
    return here.device === there.device ? here.bytes - bytes : here.bytes;
  } catch (error) {
    throw wordDiskError(error, `decompressing layers of bases in ${folder}`);
  }
}
