import { PaletteEdgeError } from '../errors.ts';
import { totalSize } from '../io/total-size.ts';
import type { Digest } from '../oci/digest.ts';
import type { BundleReader } from './bundle-reader.ts';
import { imageNames } from './image-names.ts';
import { squeezedProblems } from './verify-squeezed.ts';
import { blobPath, dockerManifestDocument, indexDocument, ociLayoutDocument } from './oci-documents.ts';
import type { StoredRole } from './squeezed-inventory.ts';
import { walkBundledImages } from './verify-images.ts';
import type { VerifiableBundle, WalkedImages } from './verify-images.ts';
import { verifyTar } from './verify-tar.ts';
import type { TarFault, VerifyOptions } from './verify-tar.ts';

/** What verifying a bundle found. */
export interface VerifyReport {
  /** Blobs that were hashed. */
  readonly blobs: number;
  /** Their bytes. */
  readonly bytes: number;
  /** Empty: every byte of the bundle is as it was written. Blobs in tar order, then files. */
  readonly problems: readonly VerifyProblem[];
}

/** Something wrong with a blob or file of a bundle. */
export interface VerifyProblem {
  /** Where it is in the tar. */
  readonly path: string;
  /** Of the blob, when it is one. */
  readonly digest?: Digest;
  readonly role?: StoredRole;
  /** References of the images that need it, sorted. Damaged manifests may hide some. */
  readonly images: readonly string[];
  /** Names of the raw files whose content it is; absent when it is none's. */
  readonly files?: readonly string[];
  readonly message: string;
}

/**
 * Verifies an open bundle: hashes every blob, compares every tar header and padding, and checks that index.json,
 * manifest.json and the manifests agree with the inventory. Goes on after a fault, so that all damaged blobs are named.
 *
 * Opening has checked the seek table, the head and its files already: together no changed byte goes unnoticed.
 *
 * @throws a failure to read the file, or the signal's reason
 */
export async function verifyBundleBytes(
  reader: BundleReader,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const tarFaults = await verifyTar(reader.frames, reader.stored.blobs, options);
  return await verifyBundledImages(reader, tarFaults, options.signal);
}

/**
 * The rest of {@link verifyBundleBytes}, when it is known which blobs are damaged.
 *
 * @throws a failure to read manifests or configs, or the signal's reason
 */
export async function verifyBundledImages(
  reader: VerifiableBundle,
  tarFaults: readonly TarFault[],
  signal: AbortSignal | undefined,
): Promise<VerifyReport> {
  const { blobs } = reader.stored;
  const damaged = new Map(tarFaults.map(({ blob, message }) => [blob?.digest, message]));
  const digests = new Set(tarFaults.flatMap(({ blob }) => (blob === undefined ? [] : [blob.digest])));
  // What images consist of is in the bases, too.
  const walked = reader.lacksBases ? nothingWalked : await walkBundledImages(reader, digests, signal);
  const messages = new Map(blobs.flatMap(({ digest }) => entryOf(digest, damaged.get(digest))));
  for (const { digest, message } of walked.faults) {
    if (!messages.has(digest)) messages.set(digest, message);
  }
  const end = damaged.get(undefined);
  const problemOf = problemMaker(reader, walked);
  return {
    blobs: blobs.length,
    bytes: totalSize(blobs),
    problems: [
      ...[...messages].map(([digest, message]) => problemOf(digest, message)),
      ...(end === undefined ? [] : [{ path: 'end of the tar', images: [], message: end }]),
      ...(reader.lacksBases ? [] : documentProblems(reader, walked)),
      ...(await squeezedProblems(reader, walked, digests)),
    ],
  };
}

const nothingWalked: WalkedImages = { faults: [], needs: new Map(), graphs: undefined };

function entryOf(digest: Digest, message: string | undefined): [Digest, string][] {
  return message === undefined ? [] : [[digest, message]];
}

/** Says what a damaged blob is and who needs it. All blobs may be damaged: nothing is searched for each. */
function problemMaker(
  { inventory: { rawFiles = [] }, stored: { blobs, squeezed } }: VerifiableBundle,
  { needs }: WalkedImages,
): (digest: Digest, message: string) => VerifyProblem {
  const roles = new Map(blobs.map(({ digest, role }) => [digest, role]));
  const filesOf = Map.groupBy(rawFiles, ({ digest }) => digest);
  const layers = squeezed?.layers ?? [];
  const madeOf = Map.groupBy(
    layers.flatMap(({ digest, plain, recipe }) => [
      { from: plain, digest },
      { from: recipe, digest },
    ]),
    ({ from }) => from,
  );
  return (digest, message) => {
    const files = filesOf.get(digest)?.map(({ name }) => name);
    const made = madeOf.get(digest)?.flatMap((layer) => [...(needs.get(layer.digest) ?? [])]) ?? [];
    return {
      path: blobPath(digest),
      digest,
      role: roles.get(digest),
      images: [...new Set([...(needs.get(digest) ?? []), ...made])].toSorted(),
      ...(files === undefined ? {} : { files }),
      message,
    };
  };
}

/** Both documents follow from the inventory and the manifests: they are made again and compared. */
function documentProblems(reader: VerifiableBundle, { graphs }: WalkedImages): VerifyProblem[] {
  const expected = new Map<string, Buffer>([['oci-layout', ociLayoutDocument()]]);
  try {
    const names = imageNames(reader.inventory.images);
    expected.set('index.json', indexDocument(names));
    if (graphs !== undefined) {
      expected.set(
        'manifest.json',
        dockerManifestDocument(names, (root) => graphs.get(root)),
      );
    }
  } catch (error) {
    if (!(error instanceof PaletteEdgeError)) throw error;
    return [{ path: 'index.json', images: [], message: error.message }];
  }
  return [...expected]
    .filter(([path, bytes]) => !bytes.equals(reader.files.get(path) ?? Buffer.alloc(0)))
    .map(([path]) => ({
      path,
      images: [],
      message: 'it does not agree with the inventory and the manifests',
    }));
}
