import { partOfContent } from '../oci/part-of-content.ts';
import { verifiedContent } from '../oci/verified-content.ts';
import type { ContainerRuntime, RuntimeContent } from '../runtime/container-runtime.ts';
import type { BasePlace, FoundBlob } from './base-place.ts';

/**
 * A container runtime that has images of bases, as far as it keeps blobs as registries have them. What it has is asked for once.
 *
 * @returns undefined for one that does not
 */
export function runtimeBase({ place, content }: ContainerRuntime): BasePlace | undefined {
  if (content === undefined) return undefined;
  let asked: Promise<ReadonlySet<string>> | undefined;
  return {
    name: place,
    find: async ({ digest, size }, signal) => {
      const held = await (asked ??= content.held(signal));
      return held.has(digest) ? foundIn({ place, content }, size) : undefined;
    },
  };
}

function foundIn(
  { place, content }: { readonly place: string; readonly content: RuntimeContent },
  size: number | undefined,
): FoundBlob {
  const side = `reading from ${place}`;
  return {
    size,
    open: async (blob, { range, signal = new AbortController().signal }) => {
      const bytes = content.read(blob.digest, signal);
      const whole = verifiedContent(blob, bytes, side);
      return await Promise.resolve(range === undefined ? whole : partOfContent(whole, range));
    },
  };
}
