import type { PaletteEdgeError } from '../errors.ts';
import { runLimited } from '../io/run-limited.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { formatRepository } from '../oci/reference.ts';
import { imageSignatureKeys } from '../trust/image-signature-keys.ts';
import type { ImageSignatureKey, ImageSignatureRule } from '../trust/image-signature-keys.ts';
import { imageSignatureVerdict } from '../trust/image-signature-verdict.ts';
import type { ImageSignatureVerdict } from '../trust/image-signature-verdict.ts';
import type { BuildListener } from './build-event.ts';
import { fetchSmall } from './fetch-small.ts';
import type { FetchContext } from './fetch-small.ts';
import { findImageSignatures } from './find-image-signatures.ts';
import type { SignatureBeside, SignatureSearch } from './find-image-signatures.ts';
import { toImageFailure } from './image-failure.ts';
import type { ImageFailure } from './image-failure.ts';
import { imageSignatureError } from './image-signature-error.ts';
import type { BadVerdict } from './image-signature-error.ts';
import type { PinnedImage } from './pin-images.ts';

/** An image with the digest that goes into the bundle. */
export type ImageToCheck = Pick<PinnedImage, 'name' | 'reference' | 'origins' | 'chart'> & {
  readonly graph: { readonly root: Descriptor };
};

/** What came of checking the signatures of images. */
export interface ImageSignatures {
  /** By the id of the key, sorted. */
  readonly signedBy: readonly SignedImages[];
  /** Images that nothing is asked of. */
  readonly unchecked: number;
}

/** How many images a key has signed. */
interface SignedImages {
  readonly key: Digest;
  readonly file: string;
  readonly images: number;
}

/** Images that may go in, and those that may not. */
export interface CheckedImages<Image> {
  /** In their order: with a good signature, or nothing is asked of them. */
  readonly images: readonly Image[];
  readonly failures: readonly ImageFailure[];
  readonly signatures: ImageSignatures;
}

/** The registry client bounds requests to each host; this bounds what waits in memory. */
const imagesAtOnce = 16;

/**
 * Checks that images are signed with the keys that rules ask for. The signature has to be one of the root manifest: that of an index says all of its
 * platforms, one of a platform's manifest nothing of the index. Signatures are looked for where the image comes from, wherever its bytes are taken from.
 *
 * @throws what is no failure of one image: a full disk, an interruption, a bug
 */
export async function checkImageSignatures<Image extends ImageToCheck>(
  images: readonly Image[],
  rules: readonly ImageSignatureRule[],
  context: FetchContext,
): Promise<CheckedImages<Image>> {
  const check = new SignatureCheck(rules, context);
  const options = { concurrency: imagesAtOnce, signal: context.signal };
  const outcomes = await runLimited(images, options, async (image, signal) => {
    try {
      return { image, key: await check.signerOf(image, signal) };
    } catch (error) {
      const { name, origins, chart } = image;
      return { image, failure: toImageFailure({ name, origins, isChart: chart !== undefined }, error) };
    }
  });
  const failures = outcomes.flatMap(({ failure }) => (failure === undefined ? [] : [failure]));
  const good = outcomes.filter(({ failure }) => failure === undefined);
  return {
    images: good.map(({ image }) => image),
    failures: failures.toSorted((left, right) => (left.name < right.name ? -1 : 1)),
    signatures: counted(good.map(({ key }) => key)),
  };
}

function counted(signers: readonly (ImageSignatureKey | undefined)[]): ImageSignatures {
  const byKey = new Map<Digest, SignedImages>();
  for (const signer of signers) {
    if (signer === undefined) continue;
    const { id } = signer.key;
    byKey.set(id, { key: id, file: signer.file, images: (byKey.get(id)?.images ?? 0) + 1 });
  }
  return {
    signedBy: [...byKey.values()].toSorted((left, right) => (left.key < right.key ? -1 : 1)),
    unchecked: signers.filter((signer) => signer === undefined).length,
  };
}

/**
 * As {@link checkImageSignatures}, and tells of it.
 *
 * @param rules undefined asks nothing of any image
 */
export async function checkSigned<Image extends ImageToCheck>(
  images: readonly Image[],
  rules: readonly ImageSignatureRule[] | undefined,
  { listener, ...context }: FetchContext & { readonly listener: BuildListener },
): Promise<Omit<CheckedImages<Image>, 'signatures'> & { readonly signatures: ImageSignatures | undefined }> {
  if (rules === undefined || images.length === 0) return { images, failures: [], signatures: undefined };
  listener({ kind: 'checking-signatures', images: images.length });
  return await checkImageSignatures(images, rules, context);
}

/** Asks once for each manifest of a repository, however many tags it has; lives for one {@link checkImageSignatures}. */
class SignatureCheck {
  readonly #rules: readonly ImageSignatureRule[];
  readonly #context: FetchContext;
  readonly #outcomes = new Map<string, Promise<Outcome>>();

  constructor(rules: readonly ImageSignatureRule[], context: FetchContext) {
    this.#rules = rules;
    this.#context = context;
  }

  /** @returns undefined when nothing is asked of the image */
  async signerOf(image: ImageToCheck, signal: AbortSignal): Promise<ImageSignatureKey | undefined> {
    const { name, reference, graph } = image;
    // Nothing is beside a chart that is not from a registry.
    if (image.chart?.source.startsWith('oci://') === false) return undefined;
    const keys = imageSignatureKeys(reference, this.#rules);
    if (keys.length === 0) return undefined;
    const repository = formatRepository(reference);
    const { digest } = graph.root;
    const subject = `${repository}@${digest}`;
    const outcome = this.#outcomes.get(subject) ?? look(image, keys, { ...this.#context, signal, gaps: [] });
    this.#outcomes.set(subject, outcome);
    const { signer, verdicts, gap } = await outcome;
    if (signer !== undefined) return signer;
    throw imageSignatureError({ name, repository, digest, keys, verdicts, gap });
  }
}

interface Outcome {
  readonly signer?: ImageSignatureKey;
  readonly verdicts: readonly BadVerdict[];
  readonly gap: PaletteEdgeError | undefined;
}

async function look(
  { reference, graph: { root } }: ImageToCheck,
  keys: readonly ImageSignatureKey[],
  search: SignatureSearch,
): Promise<Outcome> {
  const { registry, repository } = reference;
  const manifest = async (): Promise<Uint8Array> => await fetchSmall(reference, root, search);
  const subject = { repository: { registry, repository }, digest: root.digest };
  const verdicts: BadVerdict[] = [];
  for await (const found of findImageSignatures(subject, search)) {
    const verdict = await verdictOn(found, { digest: root.digest, manifest }, keys);
    if (verdict.kind === 'good') return { signer: verdict.key, verdicts, gap: undefined };
    verdicts.push(verdict);
  }
  return { verdicts, gap: search.gaps[0] };
}

async function verdictOn(
  found: SignatureBeside,
  image: Parameters<typeof imageSignatureVerdict>[1],
  keys: readonly ImageSignatureKey[],
): Promise<ImageSignatureVerdict> {
  if ('reason' in found) return { kind: 'unusable', reason: found.reason };
  return await imageSignatureVerdict(found.signature, image, keys);
}
