import type { HeadEntry } from '../bundle/tar-layout.ts';
import { canonicalJson } from '../io/canonical-json.ts';
import type { ProfileSummary } from '../profile/request-images.ts';
import { fileSafe } from './bundle-name.ts';

const maximumNameLength = 60;

/**
 * The profiles as they go into a bundle: name, version, type and packs. Values, manifests and variables stay out: nobody
 * can tell which of them hold secrets.
 */
export function profileOutlines(profiles: readonly ProfileSummary[]): HeadEntry[] {
  const outlines = profiles.map((profile) => ({ profile, text: canonicalJson(outlineOf(profile)) }));
  const unique = new Map(outlines.map((outline) => [outline.text, outline]));
  // Sorted by content, so that the number behind a name that is there twice does not depend on the order of the flags.
  const sorted = [...unique.values()].toSorted((left, right) => (left.text < right.text ? -1 : 1));
  const taken = new Set<string>();
  return sorted.map(({ profile, text }) => {
    const path = freePath(profile, taken);
    taken.add(path);
    return { path, bytes: Buffer.from(text, 'utf8') };
  });
}

function outlineOf({ name, version, type, packs }: ProfileSummary) {
  return { name, version, type, packs: packs.map((pack) => ({ ...pack })) };
}

function freePath({ name, version }: ProfileSummary, taken: ReadonlySet<string>): string {
  const base = fileSafe(`${name}-${version}`).slice(0, maximumNameLength) || 'profile';
  let path = `palette-edge/profiles/${base}.json`;
  for (let number = 2; taken.has(path); number += 1) path = `palette-edge/profiles/${base}-${number}.json`;
  return path;
}
