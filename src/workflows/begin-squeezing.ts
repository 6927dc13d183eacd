import { inventoryPath, signaturePath } from '../bundle/inventory.ts';
import type { Inventory } from '../bundle/inventory.ts';
import { defaultFrameContent } from '../bundle/plan-bundle.ts';
import type { BundlePlan } from '../bundle/plan-bundle.ts';
import type { KnownAnalyses } from './analyze-layers.ts';
import type { BundleBeingWritten, WrittenBundleFile, WritingOptions } from './begin-writing.ts';
import { planDelta } from './plan-delta.ts';
import type { DeltaContext } from './plan-delta.ts';
import { planSqueezing, squeezeThreads } from './plan-squeezing.ts';
import type { PlainBundle } from './plan-squeezing.ts';
import type { SqueezeEffort } from './squeeze-effort.ts';
import { writeSqueezed } from './squeeze-bundle.ts';

/** How a bundle is squeezed while it is built. */
export interface SqueezingOptions extends WritingOptions {
  readonly effort: SqueezeEffort;
  readonly tool: Inventory['tool'];
  readonly known?: KnownAnalyses | undefined;
  /** Makes it a delta bundle. */
  readonly delta?: Pick<DeltaContext, 'bases' | 'folder'> | undefined;
}

/** As `beginWriting`, of a squeezed bundle: layers are looked at when all blobs have arrived, and nothing is written before. */
export function beginSqueezing(plan: BundlePlan, options: SqueezingOptions): BundleBeingWritten {
  return {
    arrive: () => undefined,
    whileWriting: async (work) => await work(options.signal),
    finish: async () => await squeeze(plan, options),
    abort: async () => await Promise.resolve(),
  };
}

async function squeeze(
  plan: BundlePlan,
  { listener, compressionLevel, blobs, split, delta, ...options }: SqueezingOptions,
): Promise<WrittenBundleFile> {
  await using threads = squeezeThreads();
  await using patches = new AsyncDisposableStack();
  const writing = { compressionLevel, frameContent: defaultFrameContent };
  const plain = { ...plainHead(plan), writing, blobs };
  const context = {
    ...options,
    threads,
    onStart: (total: number) => listener({ kind: 'analyzing', total }),
    onBytes: (count: number) => listener({ kind: 'analyzed-bytes', count }),
  };
  const squeezed =
    delta === undefined
      ? await planSqueezing(plain, context)
      : patches.use(await planDelta(plain, { ...context, ...delta }));
  const written = await writeSqueezed(squeezed, {
    ...options,
    split,
    listener: {
      onPhase: (_, total) => listener({ kind: 'writing', total }),
      onBytes: (count) => listener({ kind: 'written-bytes', count }),
    },
  });
  return { ...written, squeezed: squeezed.report };
}

function plainHead({
  inventory,
  headEntries,
}: BundlePlan): Pick<PlainBundle, 'inventory' | 'inventoryBytes' | 'signature' | 'files'> {
  const files = new Map(headEntries.map(({ path, bytes }) => [path, bytes]));
  const inventoryBytes = files.get(inventoryPath);
  if (inventoryBytes === undefined) throw new TypeError('a plan without an inventory');
  const signature = files.get(signaturePath);
  files.delete(inventoryPath);
  files.delete(signaturePath);
  return { inventory, inventoryBytes, signature, files };
}
