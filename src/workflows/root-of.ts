import { PaletteEdgeError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { formatReference } from '../oci/reference.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import type { Warning } from '../warning.ts';
import type { ExistingBundles } from './existing-bundles.ts';
import type { ImageToPin } from './image-to-pin.ts';

/** Who knows what a reference stands for. */
export interface RootSources {
  readonly registry: RegistryClient;
  readonly bundles?: ExistingBundles | undefined;
  readonly signal: AbortSignal;
  /** Takes `DIGEST_FROM_BUNDLE`. */
  readonly onWarning: (warning: Warning) => void;
}

/**
 * The root manifest of an image. A digest that an existing bundle has is asked of nobody. A tag is asked of its registry; when
 * that cannot be reached, it stands for what it did in an existing bundle.
 *
 * @throws PaletteEdgeError as {@link RegistryClient.resolve} does
 */
export async function rootOf(image: ImageToPin, sources: RootSources): Promise<Descriptor> {
  const { reference, name, pin = reference.digest } = image;
  const { registry, bundles, signal, onWarning } = sources;
  if (pin !== undefined) {
    const { registry: host, repository } = reference;
    return (
      bundles?.manifest(pin) ?? (await registry.resolve({ registry: host, repository, digest: pin }, signal))
    );
  }
  try {
    return await registry.resolve(reference, signal);
  } catch (error) {
    const isUnreachable = error instanceof PaletteEdgeError && error.kind === 'network';
    const known = isUnreachable ? bundles?.named(formatReference(reference)) : undefined;
    if (known === undefined) throw error;
    const message = `${name} is taken as it is in an existing bundle, ${known.digest}: its registry cannot be reached`;
    onWarning({ code: 'DIGEST_FROM_BUNDLE', message });
    return known;
  }
}
