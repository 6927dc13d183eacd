import { PaletteEdgeError } from '../errors.ts';
import { runLimited } from '../io/run-limited.ts';
import { imageSignatureKeys } from '../trust/image-signature-keys.ts';
import type { ImageSignatureRule } from '../trust/image-signature-keys.ts';
import { checkImageSignatures } from './check-image-signatures.ts';
import type { ImageToCheck } from './check-image-signatures.ts';
import type { FetchContext } from './fetch-small.ts';
import { toImageFailure } from './image-failure.ts';
import type { ImageFailure } from './image-failure.ts';
import type { ImageToPin } from './image-to-pin.ts';
import { rootOf } from './root-of.ts';

/** Who is asked, and until when. */
export interface PinnedSignatureSources extends Pick<FetchContext, 'bundles' | 'signal'> {
  /** Undefined when nobody is to be asked. */
  readonly registry: FetchContext['registry'] | undefined;
  readonly openStore: () => Promise<FetchContext['store']>;
}

const imagesAtOnce = 32;

/**
 * Checks who has signed the digests that images are pinned to.
 *
 * @returns the images that are not signed as the rules ask
 * @throws PaletteEdgeError `IMAGE_KEYS_OFFLINE` (kind usage) when nobody is to be asked for signatures
 */
export async function checkPinnedSignatures(
  images: readonly ImageToPin[],
  rules: readonly ImageSignatureRule[],
  { registry, openStore, bundles, signal }: PinnedSignatureSources,
): Promise<readonly ImageFailure[]> {
  if (registry === undefined) throw offline();
  const context = { registry, bundles, signal, store: await openStore(), received: { bytes: 0 } };
  const asked = images.filter(({ reference }) => imageSignatureKeys(reference, rules).length > 0);
  const failures: ImageFailure[] = [];
  const roots = await runLimited(asked, { concurrency: imagesAtOnce, signal }, async (image, innerSignal) => {
    try {
      const root = await rootOf(image, {
        registry,
        bundles,
        signal: innerSignal,
        onWarning: () => undefined,
      });
      return { ...image, graph: { root } };
    } catch (error) {
      failures.push(toImageFailure(image, error));
      return undefined;
    }
  });
  const toCheck: readonly ImageToCheck[] = roots.filter((image) => image !== undefined);
  const checked = await checkImageSignatures(toCheck, rules, context);
  return [...failures, ...checked.failures];
}

function offline(): PaletteEdgeError {
  return new PaletteEdgeError(
    'IMAGE_KEYS_OFFLINE',
    '--verify-image-key asks registries for signatures, and --offline asks none',
    { kind: 'usage', suggestions: ['Leave one of them out: the build can check signatures, too.'] },
  );
}
