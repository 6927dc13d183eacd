import type { BundleReader } from '../bundle/bundle-reader.ts';
import type { Digest } from '../oci/digest.ts';

/** A layer that is made of others. */
interface Patched {
  readonly reader: BundleReader;
  readonly digest: Digest;
  readonly olds: ReadonlySet<Digest>;
  /** How many of those are still to be found. */
  missing: number;
  /** Of how many, one made of the other, it is the last. */
  depth: number;
}

/** Changes to changes: as many tars are decompressed for one layer. Nobody makes so long a chain. */
const deepest = 100;

/**
 * Finds which of some bundles has each blob itself, so that it can be read: a layer that a patch makes of others only where those are there,
 * too. So nothing that is found needs itself, whatever the bundles say.
 *
 * @param readers the first that has a blob is taken
 * @param elsewhere what is in no bundle, and can be read all the same
 */
export function findHolders(
  readers: readonly BundleReader[],
  elsewhere: Pick<ReadonlyMap<Digest, unknown>, 'has'>,
): ReadonlyMap<Digest, BundleReader> {
  const holders = new Map<Digest, BundleReader>();
  const patched: Patched[] = [];
  for (const reader of readers)
    for (const digest of reader.own()) {
      const olds = reader.oldsOf(digest);
      if (olds.length > 0) patched.push({ reader, digest, olds: new Set(olds), missing: 0, depth: 1 });
      else if (!holders.has(digest)) holders.set(digest, reader);
    }
  addPatched(patched, holders, elsewhere);
  return holders;
}

/** Layers by those that they wait for. */
function countMissing(
  patched: readonly Patched[],
  isThere: (digest: Digest) => boolean,
): ReadonlyMap<Digest, readonly Patched[]> {
  const waiting = new Map<Digest, Patched[]>();
  for (const layer of patched)
    for (const old of layer.olds) {
      if (isThere(old)) continue;
      layer.missing += 1;
      waiting.set(old, waiting.get(old) ?? []);
      waiting.get(old)?.push(layer);
    }
  return waiting;
}

function addPatched(
  patched: readonly Patched[],
  holders: Map<Digest, BundleReader>,
  elsewhere: Pick<ReadonlyMap<Digest, unknown>, 'has'>,
): void {
  const waiting = countMissing(patched, (digest) => holders.has(digest) || elsewhere.has(digest));
  const ready = patched.filter(({ missing }) => missing === 0);
  // An array is iterated to its end, what is added meanwhile included.
  for (const { reader, digest, depth } of ready) {
    if (holders.has(digest) || depth > deepest) continue;
    holders.set(digest, reader);
    for (const layer of waiting.get(digest) ?? []) {
      layer.missing -= 1;
      layer.depth = Math.max(layer.depth, depth + 1);
      if (layer.missing === 0) ready.push(layer);
    }
  }
}
