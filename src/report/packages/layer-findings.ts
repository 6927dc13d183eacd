import type { Finding } from './found-package.ts';
import type { LargeFile } from './largest-files.ts';
import type { PathSet } from './path-set.ts';

/**
 * What one layer says of packages, and what it does to the layers below it (image-spec, layer.md). Paths are from the root, without a slash
 * before them. It depends on the layer alone: images that share a layer share this.
 */
export interface LayerFindings {
  /** By the path of the file that tells of them. */
  readonly found: ReadonlyMap<string, Finding>;
  /** Symbolic links and what they name, as they are in the tar. */
  readonly links: ReadonlyMap<string, string>;
  /** Files and folders of lower layers that are gone ("Whiteouts"). */
  readonly removed: ReadonlySet<string>;
  /** Folders whose content of lower layers is gone ("Opaque Whiteout"). */
  readonly opaque: ReadonlySet<string>;
  /** Everything that is no folder. It takes the place of whatever was there. */
  readonly files: PathSet;
  readonly folders: PathSet;
  /** Some of its files: the largest first. */
  readonly largest: readonly LargeFile[];
  /** What was not read of the layer as a whole, in words that go on from its digest. */
  readonly problems: readonly string[];
}
