import { join } from 'node:path';

import type { ProfileSummary } from '../profile/request-images.ts';

const nameWithoutProfiles = 'images';
const maximumLength = 100;

/**
 * The name of a bundle that the user did not name: that of the infrastructure or full profile, else of the first
 * profile by name, else `images`.
 */
export function defaultBundleName(profiles: readonly ProfileSummary[]): string {
  const byName = profiles.toSorted((left, right) => (left.name < right.name ? -1 : 1));
  const main = byName.find(({ type }) => /^(?:infra|cluster)$/i.test(type)) ?? byName[0];
  return fileSafe(main?.name ?? '') || nameWithoutProfiles;
}

/** The name that `--outfile` asks for: without the extension that people add out of habit. */
export function bundleNameOf(outfile: string): string {
  return outfile
    .replace(/\.age$/, '')
    .replace(/\.zst$/, '')
    .replace(/\.tar$/, '');
}

/**
 * Where a bundle goes by default: CanvOS picks up `content-*` + `/*.zst`. The id keeps different bundles apart. A squeezed one goes elsewhere: in
 * it other tools find images under other manifest digests.
 *
 * @param id of the plain bundle
 */
export function defaultBundlePath(name: string, id: string, isSqueezed = false): string {
  if (isSqueezed) return join(`squeezed-${id}`, `core-${name}-${id}.squeezed.tar.zst`);
  return join(`content-${id}`, `core-${name}-${id}.tar.zst`);
}

/** Text as a part of a file name: letters, digits, dots, dashes and underscores. */
export function fileSafe(text: string): string {
  return text
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, maximumLength)
    .replace(/[^A-Za-z0-9]+$/, '');
}
