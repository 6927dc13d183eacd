import { inventoryId, inventoryPath, leadingPaths, signaturePath } from '../bundle/inventory.ts';
import type { BundleReader } from '../bundle/bundle-reader.ts';
import type { SqueezedInventory } from '../bundle/squeezed-inventory.ts';
import { encodeHead, placeBlobs } from '../bundle/tar-layout.ts';
import { PaletteEdgeError } from '../errors.ts';
import type { Hasher } from '../io/hash-thread.ts';
import type { Warning } from '../warning.ts';
import { describeWritten } from './describe-written.ts';
import type { WrittenBundleFile } from './begin-writing.ts';
import { checkConvertedOutput, plainPathOf, requireOtherOutput } from './converted-path.ts';
import type { OpenRequest } from './open-request.ts';
import type { OpenedWithBases } from './open-with-bases.ts';
import { deltaRefused } from './delta-refused.ts';
import { outputTarget } from './check-output.ts';
import { requireApplySpace } from './require-apply-space.ts';
import { leftBytes } from './resumable-file.ts';
import { carriedSignatures, leftOutSignatures } from './signature-beside.ts';
import type { SplitRequest } from './split-request.ts';
import { withBundle } from './with-bundle.ts';
import { writeOutput } from './write-output.ts';
import type { WriteOutputOptions } from './write-output.ts';
import type { OutputPlan } from './write-parts.ts';

/** What becomes plain again, and where to. */
export interface UnsqueezeInput extends OpenRequest {
  /** Path of a bundle, as the user gave it. */
  readonly path: string;
  /** Undefined is beside it; of a bundle in `squeezed-ID`, in `content-ID` beside that folder. */
  readonly output: string | undefined;
  /** Undefined writes one file. */
  readonly split?: SplitRequest | undefined;
}

/** The parts that it works with. */
export interface UnsqueezeResources {
  readonly hasher: Hasher;
  readonly listener: {
    /** Told how many bytes of the plain tar are going to be written. */
    readonly onStart: (total: number) => void;
    readonly onBytes: (count: number) => void;
    /** Told, before that, how many bytes that an interrupted run left are looked at; `onBytes` is told of those, too. */
    readonly onCheck?: (total: number) => void;
  };
}

/** What came of it. */
export interface UnsqueezeResult {
  readonly squeezed: { readonly path: string; readonly id: string; readonly size: number };
  readonly bundle: WrittenBundleFile;
  /** Bytes of the plain tar that an interrupted run had written. */
  readonly resumedBytes: number;
  readonly warnings: readonly Warning[];
}

/**
 * Makes the plain bundle of a squeezed one: byte for byte the file that was squeezed. Of a delta bundle and its bases: the file that a build
 * without bases would have written. What an interrupted run left of it is gone on with: blobs that are complete in it are not restored
 * again.
 *
 * @throws PaletteEdgeError `NOT_SQUEEZED`, `IS_A_DELTA`, `NOT_A_DELTA` (kind usage), `BASE_NEEDED` (kind notFound), `OUTPUT_TAKEN` (kind usage), `NOT_ENOUGH_SPACE` (kind disk), and those of reading the
 *   bundle
 */
export async function unsqueezeBundle(
  input: UnsqueezeInput,
  resources: UnsqueezeResources,
  signal: AbortSignal,
): Promise<UnsqueezeResult> {
  const { path, output = plainPathOf(path), split, bases } = input;
  const unsqueeze = async (reader: BundleReader, opened: OpenedWithBases): Promise<UnsqueezeResult> => {
    const { plain: writing } = requireMode(path, reader, bases === undefined ? 'squeezed' : 'delta');
    await opened.require(signal);
    const plan = plainPlan(reader);
    await checkConvertedOutput({ ...opened, path }, { output, split, expectedSize: plan.tarSize });
    await requireOtherOutput(output, opened.bases);
    const signatures = await carriedSignatures(opened.files, output);
    const warnings = await leftOutSignatures(opened.files);
    const there = await leftBytes(split === undefined ? await outputTarget(output) : output);
    await requireApplySpace({
      output,
      bytes: Math.max(0, plan.tarSize - there),
      folder: bases?.folder,
      baseBytes: await opened.spaceForBases(signal),
    });
    const written = await writePlain(
      { plan, blobs: reader, path: output, split, ...writing, signatures, signal },
      resources,
    );
    return { squeezed: { path, id: reader.id, size: reader.size }, ...written, warnings };
  };
  return await withBundle(path, unsqueeze, input);
}

async function writePlain(
  options: WriteOutputOptions,
  { hasher, listener }: UnsqueezeResources,
): Promise<Pick<UnsqueezeResult, 'bundle' | 'resumedBytes'>> {
  const { plan, path } = options;
  const { onBytes } = listener;
  let resumedBytes = 0;
  const onKept = (count: number): void => {
    resumedBytes = count;
    listener.onStart(plan.tarSize - count);
  };
  const onCheck = (total: number): void => listener.onCheck?.(total);
  const resume = { onCheck, onCheckedBytes: onBytes, onKept };
  const written = await writeOutput({ ...options, resume, hasher, onBytes });
  return { bundle: describeWritten(path, plan, written), resumedBytes };
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

function plainPlan({ inventory, inventoryBytes, signature, files }: BundleReader): OutputPlan {
  const entries = [...files].map(([path, bytes]) => ({ path, bytes }));
  const headEntries = [
    ...entries.slice(0, leadingPaths.length),
    { path: inventoryPath, bytes: inventoryBytes },
    ...(signature === undefined ? [] : [{ path: signaturePath, bytes: signature }]),
    ...entries.slice(leadingPaths.length),
  ];
  const { tarSize } = placeBlobs(inventory.blobs, encodeHead(headEntries).length);
  return { inventory, id: inventoryId(inventoryBytes), headEntries, tarSize };
}

function notSqueezed(path: string): PaletteEdgeError {
  return new PaletteEdgeError('NOT_SQUEEZED', `${path} is a plain bundle already`, { kind: 'usage' });
}
