import type { BundleReader } from '../bundle/bundle-reader.ts';
import { verifyBundleBytes } from '../bundle/verify-bundle.ts';
import type { VerifyProblem } from '../bundle/verify-bundle.ts';
import { HashThread } from '../io/hash-thread.ts';
import { isCompanion } from '../oci/origin.ts';
import { namingDamagedParts, verifyParts } from './verify-parts.ts';
import type { VerifiedParts } from './verify-parts.ts';
import type { OpenedWithBases } from './open-with-bases.ts';
import type { SignedBy } from './bundle-trust.ts';
import type { OpenRequest } from './open-request.ts';
import { verifyRestored } from './verify-restored.ts';
import { withBundle } from './with-bundle.ts';

/** What verifying a bundle found. */
export interface VerifyResult {
  readonly path: string;
  readonly id: string;
  readonly name: string;
  readonly images: number;
  /** Helm charts; undefined when there are none. */
  readonly charts?: number;
  /** Signatures, SBOMs and other referrers of the images. */
  readonly companions: number;
  readonly blobs: number;
  /** Bytes of all blobs. */
  readonly bytes: number;
  /** What the bundle is joined from; undefined for one file. */
  readonly parts?: VerifiedParts;
  /** Whose signatures it has, of those who are trusted; absent when nobody asked. */
  readonly signedBy?: readonly SignedBy[];
  /** Empty when every byte is as it was written. */
  readonly problems: readonly VerifyProblem[];
}

/** Told of the progress of a verification; must not throw. */
export interface VerifyListener {
  /** Bytes of the tar inside the bundle, behind its head. */
  readonly onStart: (total: number) => void;
  readonly onBytes: (count: number) => void;
}

/**
 * Verifies every byte of a bundle and goes on after a fault, so that all that is damaged is named. Of parts with a list it names those
 * that are not what was written.
 *
 * @throws PaletteEdgeError for a file that is missing, no bundle, of another format version, or so damaged that it cannot be
 *   opened
 */
export async function verifyBundle(
  path: string,
  listener: VerifyListener,
  signal: AbortSignal,
): Promise<VerifyResult> {
  return await verifyWithBases({ path }, listener, signal);
}

/**
 * As {@link verifyBundle}; of a delta bundle all that it stands for, too, when its bases are named. Of one that must be signed, the
 * layers that are not in it as registries have them, too: those are what is signed.
 *
 * @throws as it does, `BASE_NEEDED` (kind notFound), and as {@link openBundleFile} does for one that is not signed as it has to be
 */
export async function verifyWithBases(
  { path, bases, trust }: OpenRequest & { readonly path: string },
  listener: VerifyListener,
  signal: AbortSignal,
): Promise<VerifyResult> {
  // Starts when there are parts to hash.
  await using hasher = new HashThread();
  const context = { hasher, signal };
  try {
    const check = async (reader: BundleReader, opened: OpenedWithBases): Promise<VerifyResult> => {
      const { parts, signedBy } = opened;
      await opened.require(signal);
      // Opening has read the head, which is the first frame.
      listener.onStart(reader.frames.tarSize - reader.frames.contentSize(0));
      const verify = async () => await verifyBundleBytes(reader, { signal, onBytes: listener.onBytes });
      const report =
        parts === undefined ? await verify() : await verifyParts({ reader, parts, verify }, context);
      const isSigned = trust !== undefined;
      const restored = await verifyRestored(reader, { isSigned, listener, signal });
      const problems = [...report.problems, ...restored];
      return { path, ...contentCounts(reader), ...report, ...(isSigned ? { signedBy } : {}), problems };
    };
    return await withBundle(path, check, { bases, trust });
  } catch (error) {
    throw await namingDamagedParts(path, error, context);
  }
}

/** What a bundle is called, and how much is in it. */
export function contentCounts({
  id,
  inventory,
}: Pick<BundleReader, 'id' | 'inventory'>): Pick<
  VerifyResult,
  'id' | 'name' | 'images' | 'charts' | 'companions'
> {
  const { name, images, charts } = inventory;
  const companions = images.filter(isCompanion).length;
  const counts = { images: images.length - companions - charts.length, companions };
  return { id, name, ...counts, charts: charts.length > 0 ? charts.length : undefined };
}
