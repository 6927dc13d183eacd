import { availableParallelism } from 'node:os';

import type { BundleReader } from '../bundle/bundle-reader.ts';
import type { Inventory } from '../bundle/inventory.ts';
import { PaletteEdgeError } from '../errors.ts';
import type { Hasher } from '../io/hash-thread.ts';
import type { AgeRecipients } from '../trust/age-recipients.ts';
import type { Signature } from '../trust/signature-file.ts';
import type { Warning } from '../warning.ts';
import type { BundleTrust } from './bundle-trust.ts';
import type { KnownAnalyses } from './analyze-layers.ts';
import type { WrittenBundleFile } from './begin-writing.ts';
import { checkConvertedOutput, squeezedPathOf } from './converted-path.ts';
import { deltaRefused } from './delta-refused.ts';
import { describeWritten } from './describe-written.ts';
import { plainWritingOf } from './plain-writing.ts';
import type { OpenedBundle } from './open-bundle.ts';
import { planSqueezing, squeezeThreads } from './plan-squeezing.ts';
import type { SqueezedOutput } from './plan-squeezing.ts';
import { requireFreeSpace } from './require-free-space.ts';
import { carriedSignatures, leftOutSignatures } from './signature-beside.ts';
import { openSpillFile } from './spill-file.ts';
import type { SplitRequest } from './split-request.ts';
import { effortSettings } from './squeeze-effort.ts';
import type { SqueezeEffort } from './squeeze-effort.ts';
import type { SqueezeReport } from './squeeze-report.ts';
import { withBundle } from './with-bundle.ts';
import { writeOutput } from './write-output.ts';

/** What is squeezed, how, and where to. */
export interface SqueezeInput {
  /** Path of a bundle, as the user gave it. */
  readonly path: string;
  /** Undefined is beside it: `NAME.squeezed.tar.zst`; of a bundle in `content-ID`, in `squeezed-ID` beside that folder. */
  readonly output: string | undefined;
  readonly effort: SqueezeEffort;
  /** Undefined writes one file. */
  readonly split?: SplitRequest | undefined;
  /** Whose signature it must have; undefined takes any. */
  readonly trust?: BundleTrust | undefined;
}

/** The parts that squeezing works with. */
export interface SqueezeResources {
  readonly hasher: Hasher;
  readonly tool: Inventory['tool'];
  readonly known?: KnownAnalyses | undefined;
  readonly listener: SqueezeListener;
}

/** Told of the progress of squeezing; must not throw. */
export interface SqueezeListener {
  /** `analyzing`: bytes of gzip layers. `writing`: bytes of the tar inside the squeezed bundle. */
  readonly onPhase: (phase: 'analyzing' | 'writing', total: number) => void;
  readonly onBytes: (count: number) => void;
}

/** What squeezing did. */
export interface SqueezeResult {
  /** The bundle that was squeezed. */
  readonly plain: { readonly path: string; readonly id: string; readonly size: number };
  readonly bundle: WrittenBundleFile;
  readonly effort: SqueezeEffort;
  readonly report: SqueezeReport;
  readonly warnings: readonly Warning[];
}

/**
 * Squeezes a bundle: the same images, the same digests, in fewer bytes.
 *
 * @throws PaletteEdgeError `ALREADY_SQUEEZED` (kind usage), `OUTPUT_TAKEN` (kind usage), `NOT_ENOUGH_SPACE` (kind disk), and those of reading the
 *   bundle
 */
export async function squeezeBundle(
  { path, output = squeezedPathOf(path), effort, split, trust }: SqueezeInput,
  resources: SqueezeResources,
  signal: AbortSignal,
): Promise<SqueezeResult> {
  const { hasher, listener } = resources;
  const squeeze = async (reader: BundleReader, opened: OpenedBundle): Promise<SqueezeResult> => {
    requirePlain(path, reader);
    await checkConvertedOutput({ ...opened, path }, { output, split, expectedSize: reader.size });
    const signatures = await carriedSignatures(opened.files, output);
    const leftOut = await leftOutSignatures(opened.files);
    await requireFreeSpace({
      path: output,
      what: 'the squeezed bundle',
      bytes: reader.size,
      flag: '--output',
    });
    await using threads = squeezeThreads();
    const { isSame, ...plainWriting } = await plainWritingOf(reader);
    const squeezed = await planSqueezing(
      { ...plainHeadOf(reader), writing: plainWriting, blobs: reader },
      {
        ...resources,
        threads,
        onStart: (total) => listener.onPhase('analyzing', total),
        onBytes: listener.onBytes,
        signal,
      },
    );
    const writing = { path: output, effort, split, signatures, hasher, listener, signal };
    const bundle = await writeSqueezed(squeezed, writing);
    return {
      plain: { path, id: reader.id, size: reader.size },
      bundle,
      effort,
      report: squeezed.report,
      warnings: [...(isSame ? [] : [otherZstd(path)]), ...leftOut],
    };
  };
  return await withBundle(path, squeeze, { trust });
}

/** How a squeezed bundle is written. */
export interface WriteSqueezedOptions {
  readonly path: string;
  readonly effort: SqueezeEffort;
  readonly split: SplitRequest | undefined;
  /** Of the plain inventory, for the file beside it. */
  readonly signatures?: readonly Signature[] | undefined;
  /** Who can read it; undefined writes the bundle as it is. */
  readonly encryption?: AgeRecipients | undefined;
  readonly hasher: Hasher;
  readonly listener: SqueezeListener;
  readonly signal: AbortSignal;
}

/** Each holds a window of 128 MiB and the tables of its level. */
const mostLongFrames = 3;
/** What is in frames of the usual kind hardly shrinks, or is small. */
const shortLevel = 3;

/** Writes a squeezed bundle that is planned. */
export async function writeSqueezed(
  { plan, blobs }: SqueezedOutput,
  { path, effort, split, signatures, encryption, hasher, listener, signal }: WriteSqueezedOptions,
): Promise<WrittenBundleFile> {
  listener.onPhase('writing', plan.tarSize);
  const written = await writeOutput({
    plan,
    blobs,
    path,
    split,
    signatures,
    encryption,
    compressionLevel: shortLevel,
    long: {
      ...effortSettings[effort],
      concurrency: Math.min(mostLongFrames, availableParallelism()),
      createSpill: async () => await openSpillFile(path),
    },
    hasher,
    onBytes: listener.onBytes,
    signal,
  });
  return describeWritten(path, plan, written);
}

function plainHeadOf({ inventory, inventoryBytes, signature, files }: BundleReader) {
  return { inventory, inventoryBytes, signature, files };
}

function requirePlain(path: string, { stored }: BundleReader): void {
  if (stored.squeezed === undefined) return;
  if (stored.squeezed.delta !== undefined) throw deltaRefused(path, 'it is squeezed already');
  throw new PaletteEdgeError('ALREADY_SQUEEZED', `${path} is squeezed already`, {
    kind: 'usage',
    suggestions: [`To squeeze it in another way, take it apart first: palette-edge unsqueeze ${path}`],
  });
}

function otherZstd(path: string): Warning {
  return {
    code: 'OTHER_ZSTD',
    message: `${path} was written with another version of zstd: unsqueeze will give the same content and id, not the same file`,
  };
}
