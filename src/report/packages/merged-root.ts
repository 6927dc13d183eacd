import { posix } from 'node:path';

import type { Digest } from '../../oci/digest.ts';
import type { Finding } from './found-package.ts';
import type { LayerFindings } from './layer-findings.ts';
import { pathHash, pathHashes } from './path-set.ts';

/** A layer of an image, and what was found in it. */
export interface ScannedLayer {
  /** As the manifest lists it. */
  readonly digest: Digest;
  readonly findings: LayerFindings;
}

/** A file of the merged root file system, and the layer it is in. */
export interface MergedFile {
  readonly layer: Digest;
  readonly finding: Finding;
}

/** What is left of the findings of all layers when they lie one upon the other. */
export interface MergedRoot {
  readonly files: ReadonlyMap<string, MergedFile>;
  readonly links: ReadonlyMap<string, string>;
}

/** More links than this in a path lead in circles (Linux, path_resolution(7)). */
const mostLinks = 40;

/** Puts layers upon each other, the lowest first (image-spec, layer.md, "Applying Changesets"). */
export function mergedRoot(layers: readonly ScannedLayer[]): MergedRoot {
  const files = new Map<string, MergedFile>();
  const links = new Map<string, string>();
  for (const { digest, findings } of layers) {
    const covered = withResolvedParents(findings, links);
    for (const path of files.keys()) if (isGone(path, covered)) files.delete(path);
    for (const path of links.keys()) if (isGone(path, covered)) links.delete(path);
    for (const [path, target] of findings.links) links.set(inFolders(path, links), target);
    for (const [path, finding] of findings.found)
      files.set(inFolders(path, links), { layer: digest, finding });
  }
  return { files, links };
}

/** Characters; the system opens nothing by a longer one (Linux, PATH_MAX). */
const longestPath = 4096;

/** Where a path leads when all links in it are followed, never out of the root. Undefined for a circle, and for what is too long. */
export function resolvePath(path: string, links: ReadonlyMap<string, string>): string | undefined {
  // What is still to be walked, the next part last.
  const rest = path.split('/').toReversed();
  let done = '';
  let followed = 0;
  for (let part = rest.pop(); part !== undefined; part = rest.pop()) {
    if (part === '' || part === '.') continue;
    const next = part === '..' ? parentOf(done) : join(done, part);
    const target = part === '..' ? undefined : links.get(next);
    if (target === undefined) {
      done = next;
      continue;
    }
    followed += 1;
    if (followed > mostLinks || done.length > longestPath) return undefined;
    rest.push(...target.split('/').toReversed());
    if (target.startsWith('/')) done = '';
  }
  return done;
}

/** The path of a file that was written through links of folders. What the last part names is replaced, not followed. */
function inFolders(path: string, links: ReadonlyMap<string, string>): string {
  const folder = posix.dirname(path);
  if (folder === '.') return path;
  return join(resolvePath(folder, links) ?? folder, posix.basename(path));
}

/** What a layer covers of those below it, by hashes of paths. */
interface Covering extends Pick<LayerFindings, 'files' | 'folders'> {
  readonly removed: ReadonlySet<number>;
  readonly opaque: ReadonlySet<number>;
  readonly isOpaque: boolean;
}

/** Whiteouts, too, may go through links of folders. */
function withResolvedParents(
  { removed, opaque, files, folders }: LayerFindings,
  links: ReadonlyMap<string, string>,
): Covering {
  return {
    removed: new Set([...removed].map((path) => pathHash(inFolders(path, links)))),
    opaque: new Set([...opaque].map((path) => pathHash(resolvePath(path, links) ?? path))),
    isOpaque: opaque.has(''),
    files,
    folders,
  };
}

/** Whether a layer takes away what lower layers have there: itself, or a folder it is in. Asked of every file by every layer above it. */
function isGone(path: string, { removed, opaque, isOpaque, files, folders }: Covering): boolean {
  const hashes = pathHashes(path);
  const own = hashes.pop() ?? 0;
  if (isOpaque || folders.hasHash(own) || removed.has(own) || files.hasHash(own)) return true;
  return hashes.some((folder) => removed.has(folder) || files.hasHash(folder) || opaque.has(folder));
}

function join(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
