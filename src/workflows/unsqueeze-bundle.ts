import { inventoryId, inventoryPath, leadingPaths } from '../bundle/inventory.ts';
import type { BundleReader } from '../bundle/bundle-reader.ts';
import type { SqueezedInventory } from '../bundle/squeezed-inventory.ts';
import { encodeHead, placeBlobs } from '../bundle/tar-layout.ts';
import { PaletteEdgeError } from '../errors.ts';
import type { Hasher } from '../io/hash-thread.ts';
import { describeWritten } from './describe-written.ts';
import type { WrittenBundleFile } from './begin-writing.ts';
import { checkConvertedOutput, plainPathOf, requireOtherOutput } from './converted-path.ts';
import type { BaseRequest, OpenedWithBases } from './open-with-bases.ts';
import { deltaRefused } from './delta-refused.ts';
import { requireApplySpace } from './require-apply-space.ts';
import type { SplitRequest } from './split-request.ts';
import { withBundle } from './with-bundle.ts';
import { writeOutput } from './write-output.ts';
import type { OutputPlan } from './write-parts.ts';

/** What becomes plain again, and where to. */
export interface UnsqueezeInput {
  /** Path of a bundle, as the user gave it. */
  readonly path: string;
  /** Undefined is beside it; of a bundle in `squeezed-ID`, in `content-ID` beside that folder. */
  readonly output: string | undefined;
  /** Undefined writes one file. */
  readonly split?: SplitRequest | undefined;
  /** Of a delta bundle; undefined for a squeezed one, which needs none. */
  readonly bases?: BaseRequest | undefined;
}

/** The parts that it works with. */
export interface UnsqueezeResources {
  readonly hasher: Hasher;
  readonly listener: {
    /** Told how many bytes of the plain tar are going to be written. */
    readonly onStart: (total: number) => void;
    readonly onBytes: (count: number) => void;
  };
}

/** What came of it. */
export interface UnsqueezeResult {
  readonly squeezed: { readonly path: string; readonly id: string; readonly size: number };
  readonly bundle: WrittenBundleFile;
}

/**
 * Makes the plain bundle of a squeezed one: byte for byte the file that was squeezed. Of a delta bundle and its bases: the file that a build
 * without bases would have written.
 *
 * @throws PaletteEdgeError `NOT_SQUEEZED`, `IS_A_DELTA`, `NOT_A_DELTA` (kind usage), `BASE_NEEDED` (kind notFound), `OUTPUT_TAKEN` (kind usage), `NOT_ENOUGH_SPACE` (kind disk), and those of reading the
 *   bundle
 */
export async function unsqueezeBundle(
  { path, output = plainPathOf(path), split, bases }: UnsqueezeInput,
  { hasher, listener }: UnsqueezeResources,
  signal: AbortSignal,
): Promise<UnsqueezeResult> {
  const write = async (reader: BundleReader, opened: OpenedWithBases): Promise<UnsqueezeResult> => {
    const { plain: writing } = requireMode(path, reader, bases === undefined ? 'squeezed' : 'delta');
    const plan = plainPlan(reader);
    await checkConvertedOutput({ ...opened, path }, { output, split, expectedSize: plan.tarSize });
    await requireOtherOutput(output, opened.bases);
    const { tarSize: bytes } = plan;
    await requireApplySpace({
      output,
      bytes,
      folder: bases?.folder,
      baseBytes: await opened.spaceForBases(),
    });
    listener.onStart(plan.tarSize);
    const { onBytes } = listener;
    const written = await writeOutput({
      plan,
      blobs: reader,
      path: output,
      split,
      ...writing,
      hasher,
      onBytes,
      signal,
    });
    const bundle = describeWritten(output, plan, written);
    return { squeezed: { path, id: reader.id, size: reader.size }, bundle };
  };
  return await withBundle(path, write, bases);
}

function requireMode(
  path: string,
  { stored: { squeezed } }: BundleReader,
  mode: SqueezedInventory['mode'],
): SqueezedInventory {
  if (squeezed?.mode === mode) return squeezed;
  if (mode === 'squeezed')
    throw squeezed === undefined ? notSqueezed(path) : deltaRefused(path, 'they are needed');
  throw new PaletteEdgeError('NOT_A_DELTA', `${path} has everything itself: it is no delta bundle`, {
    kind: 'usage',
    suggestions:
      squeezed === undefined ? [] : [`palette-edge unsqueeze ${path} makes the plain bundle of it.`],
  });
}

function plainPlan({ inventory, inventoryBytes, files }: BundleReader): OutputPlan {
  const entries = [...files].map(([path, bytes]) => ({ path, bytes }));
  const headEntries = [
    ...entries.slice(0, leadingPaths.length),
    { path: inventoryPath, bytes: inventoryBytes },
    ...entries.slice(leadingPaths.length),
  ];
  const { tarSize } = placeBlobs(inventory.blobs, encodeHead(headEntries).length);
  return { inventory, id: inventoryId(inventoryBytes), headEntries, tarSize };
}

function notSqueezed(path: string): PaletteEdgeError {
  return new PaletteEdgeError('NOT_SQUEEZED', `${path} is a plain bundle already`, { kind: 'usage' });
}
