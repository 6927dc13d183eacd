import type { BundleReader } from '../bundle/bundle-reader.ts';
import type { Digest } from '../oci/digest.ts';

/** A layer that is made of others, and how many of those are still to be found. */
interface Waiting {
  readonly reader: BundleReader;
  readonly digest: Digest;
  missing: number;
}

/** Changes to changes: as many tars are decompressed for one layer. Nobody makes so long a chain. */
const deepest = 100;

/**
 * Finds which of some bundles has each blob itself, so that it can be read: a layer that a patch makes of others only where those are there,
 * too. So nothing that is found needs itself, whatever the bundles say.
 *
 * @param readers the first that has a blob is taken
 */
export function findHolders(readers: readonly BundleReader[]): ReadonlyMap<Digest, BundleReader> {
  const holders = new Map<Digest, BundleReader>();
  const waiting = new Map<Digest, Waiting[]>();
  const depths = new Map<Digest, number>();
  const patched: { readonly olds: ReadonlySet<Digest>; readonly layer: Waiting }[] = [];
  for (const reader of readers)
    for (const digest of reader.own()) {
      const olds = reader.oldsOf(digest);
      if (olds.length === 0) holders.set(digest, holders.get(digest) ?? reader);
      else patched.push({ olds: new Set(olds), layer: { reader, digest, missing: 0 } });
    }
  const ready: Waiting[] = [];
  for (const { olds, layer } of patched) {
    for (const old of olds) {
      if (holders.has(old)) continue;
      layer.missing += 1;
      const others = waiting.get(old);
      if (others === undefined) waiting.set(old, [layer]);
      else others.push(layer);
    }
    if (layer.missing === 0) ready.push(layer);
  }
  // An array is iterated to its end, what is added meanwhile included.
  for (const { reader, digest } of ready) {
    const depth = (depths.get(digest) ?? 0) + 1;
    if (holders.has(digest) || depth > deepest) continue;
    holders.set(digest, reader);
    for (const layer of waiting.get(digest) ?? []) {
      layer.missing -= 1;
      depths.set(layer.digest, Math.max(depths.get(layer.digest) ?? 0, depth));
      if (layer.missing === 0) ready.push(layer);
    }
  }
  return holders;
}
