import type { BundledImage } from './inventory.ts';

/** The references of companions by the reference that they belong to. */
export function companionsByOwner(images: readonly BundledImage[]): ReadonlyMap<string, readonly string[]> {
  const byOwner = new Map<string, string[]>();
  for (const { reference, origins } of images) {
    for (const origin of origins) {
      if (origin.kind !== 'referrer') continue;
      const companions = byOwner.get(origin.of) ?? [];
      byOwner.set(origin.of, companions);
      if (companions.at(-1) !== reference) companions.push(reference);
    }
  }
  return byOwner;
}
