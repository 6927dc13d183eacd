import type { PaletteEdgeError } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import { isCompanion } from '../oci/origin.ts';
import type { Origin } from '../oci/origin.ts';
import type { Warning } from '../warning.ts';
import type { ImageFailure } from './image-failure.ts';
import type { PinnedImage } from './pin-images.ts';

/** What is left of the images of a build when some blobs could not be pulled. */
export interface KeptImages {
  readonly images: readonly PinnedImage[];
  /** Images that were asked for and lack a blob. Their companions are not kept either. */
  readonly failures: readonly ImageFailure[];
  /** `COMPANION_LEFT_OUT`: companions that lack a blob, of images that are kept. */
  readonly warnings: readonly Warning[];
}

/** Leaves out every image that lacks a blob, and the companions of what is left out. */
export function keptImages(
  images: readonly PinnedImage[],
  failed: ReadonlyMap<Digest, PaletteEdgeError>,
): KeptImages {
  const errorOf = ({ graph }: PinnedImage): PaletteEdgeError | undefined =>
    graph.blobs.map(({ descriptor }) => failed.get(descriptor.digest)).find((error) => error !== undefined);
  const isLost = (image: PinnedImage): boolean => errorOf(image) !== undefined;
  const failures = images.flatMap((image) => {
    const error = isCompanion(image) ? undefined : errorOf(image);
    const { name, origins, chart } = image;
    return error === undefined ? [] : [{ name, origins, error, isChart: chart !== undefined }];
  });
  const wanted = withoutLostCompanions(images.filter((image) => isCompanion(image) || !isLost(image)));
  const warnings = wanted.flatMap((image) => {
    const error = errorOf(image);
    return error === undefined ? [] : [leftOut(image, error)];
  });
  return { images: withoutLostCompanions(wanted.filter((image) => !isLost(image))), failures, warnings };
}

/** Companions stay as long as they are reached from an image that was asked for, and say only what is still there. */
function withoutLostCompanions(images: readonly PinnedImage[]): PinnedImage[] {
  const reached = new Set(images.filter((image) => !isCompanion(image)).map(({ name }) => name));
  const isOfReached = (origin: Origin): boolean => origin.kind === 'referrer' && reached.has(origin.of);
  let before = -1;
  while (reached.size > before) {
    before = reached.size;
    for (const { name, origins } of images) if (origins.some(isOfReached)) reached.add(name);
  }
  return images
    .filter(({ name }) => reached.has(name))
    .map((image) => ({
      ...image,
      origins: image.origins.filter((origin) => origin.kind !== 'referrer' || isOfReached(origin)),
    }));
}

function leftOut({ name, origins }: PinnedImage, error: PaletteEdgeError): Warning {
  const owners = origins.flatMap((origin) => (origin.kind === 'referrer' ? [origin.of] : []));
  const message = `${name}, a companion of ${owners.join(' and ')}, is left out: ${error.message}`;
  return { code: 'COMPANION_LEFT_OUT', message };
}
