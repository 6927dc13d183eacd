import type { Platform } from './descriptor.ts';
import type { GraphImage } from './image-graph.ts';
import { formatPlatform } from './platform.ts';

/** What the variants of these count down to: each runs what was built for those below it. */
const lowestVersions: ReadonlyMap<string, number> = new Map([
  ['arm', 5],
  ['arm64', 8],
  ['amd64', 1],
]);

/**
 * What a runtime on one platform takes of an image that has these: the platform, else the highest variant below it, as containerd's
 * platforms package does (`Only`): `linux/arm/v6` for `linux/arm/v7`. Of its fallbacks those to other architectures are left out (32-bit
 * ARM for arm64, 386 for amd64): not all machines run them, and here nobody would be told.
 *
 * @param wanted and `available` as `formatPlatform` names them
 */
export function fittingPlatform(wanted: string, available: readonly string[]): string | undefined {
  if (available.includes(wanted)) return wanted;
  const { family, lowest, version: highest } = variantOf(wanted);
  const below = available
    .map((name) => ({ name, ...variantOf(name) }))
    .filter((each) => each.family === family && each.version >= lowest && each.version < highest);
  const best = Math.max(...below.map(({ version }) => version));
  return below.find(({ version }) => version === best)?.name;
}

/** The images that stand for a platform, by {@link fittingPlatform}; several where an index names it more than once. */
export function imagesFitting(images: readonly GraphImage[], platform: Platform): GraphImage[] {
  const named = images.flatMap((image) =>
    image.platform === undefined ? [] : [{ image, name: formatPlatform(image.platform) }],
  );
  const fitting = fittingPlatform(
    formatPlatform(platform),
    named.map(({ name }) => name),
  );
  return named.flatMap(({ image, name }) => (name === fitting ? [image] : []));
}

/** `version` is NaN, which is neither above nor below anything, where variants do not count down. */
function variantOf(name: string) {
  const [os = '', architecture = '', variant, ...more] = name.split('/');
  const lowest = lowestVersions.get(architecture) ?? Number.NaN;
  const isCounted = more.length === 0 && (variant === undefined || /^v[1-9]$/.test(variant));
  // Without a variant, a name stands for the lowest one; ARM of 32 bits always has one.
  const version = variant === undefined ? lowest : Number(variant.slice(1));
  return { family: `${os}/${architecture}`, lowest, version: isCounted ? version : Number.NaN };
}
