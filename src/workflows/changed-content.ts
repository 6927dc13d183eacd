import type { Inventory } from '../bundle/inventory.ts';
import { totalSize } from '../io/total-size.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { ImageGraph } from '../oci/image-graph.ts';
import type { DiffResult } from './diff-bundles.ts';

/** Blobs, each once, and their bytes. */
export interface BlobTotal {
  readonly blobs: number;
  readonly bytes: number;
}

/** An image, chart or file that an update changes. */
export interface ChangedContent {
  readonly change: 'added' | 'removed' | 'moved' | 'platforms';
  readonly what: 'image' | 'chart' | 'file';
  readonly name: string;
  /** Undefined of what is added. */
  readonly before?: Digest;
  /** Undefined of what is removed. */
  readonly after?: Digest;
  /** All of it: a blob that others have, too, counts for each. Undefined of what is removed, and of files of the head. */
  readonly full?: BlobTotal;
  /** What of that the old bundle lacks. */
  readonly toShip?: BlobTotal;
}

/** The new bundle, as far as it is known before a layer is pulled. */
export interface NewContent {
  readonly inventory: Inventory;
  /** Of images and charts. */
  readonly graphs: readonly Pick<ImageGraph, 'root' | 'blobs'>[];
  /** Whether the old bundle lacks a blob. */
  readonly isNew: (blob: BlobIdentity) => boolean;
}

/** What is different, with how much each entry has: images, then charts, then files, each by kind of change. */
export function changedContent(
  { images, charts, files }: Pick<DiffResult, 'images' | 'charts' | 'files'>,
  content: NewContent,
): ChangedContent[] {
  const { inventory } = content;
  const digestOf = new Map(inventory.images.map(({ reference, digest }) => [reference, digest]));
  const all = [
    ...entriesOf('image', images),
    ...images.otherPlatforms.map(({ name }): ChangedContent => {
      const digest = digestOf.get(name);
      const sides = digest === undefined ? {} : { before: digest, after: digest };
      return { change: 'platforms', what: 'image', name, ...sides };
    }),
    ...entriesOf('chart', charts),
    ...entriesOf('file', files),
  ];
  const blobsOf = blobFinder(content);
  return all.map((entry) => {
    const blobs = blobsOf(entry);
    if (blobs === undefined) return entry;
    return { ...entry, full: totalOf(blobs), toShip: totalOf(blobs.filter(content.isNew)) };
  });
}

/** The number of blobs, and their bytes. */
export function totalOf(blobs: readonly BlobIdentity[]): BlobTotal {
  return { blobs: blobs.length, bytes: totalSize(blobs) };
}

function entriesOf(what: ChangedContent['what'], differences: DiffResult['charts']): ChangedContent[] {
  const { added, removed, moved } = differences;
  return [
    ...added.map(({ name, digest }): ChangedContent => ({
      change: 'added',
      what,
      name,
      ...(digest === undefined ? {} : { after: digest }),
    })),
    ...removed.map(({ name, digest }): ChangedContent => ({
      change: 'removed',
      what,
      name,
      ...(digest === undefined ? {} : { before: digest }),
    })),
    ...moved.map(({ name, before, after }): ChangedContent => ({
      change: 'moved',
      what,
      name,
      before,
      after,
    })),
  ];
}

function blobFinder({ inventory, graphs }: NewContent) {
  const byRoot = new Map<Digest, readonly BlobIdentity[]>(
    graphs.map(({ root, blobs }) => [root.digest, blobs.map(({ descriptor }) => descriptor)]),
  );
  const files = new Map<Digest, readonly BlobIdentity[]>(
    (inventory.rawFiles ?? []).map(({ digest, size }) => [digest, [{ digest, size }]]),
  );
  return ({ what, after }: ChangedContent): readonly BlobIdentity[] | undefined => {
    if (after === undefined) return undefined;
    return what === 'file' ? files.get(after) : byRoot.get(after);
  };
}
