import type { BundleReader } from '../bundle/bundle-reader.ts';
import type { BaseBundle } from '../bundle/squeezed-inventory.ts';
import { PaletteEdgeError } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import type { InventoryFile } from './base-inventory.ts';
import { baseOf } from './base-identity.ts';

/** What is known of blobs that are missing. */
export interface MissingContext {
  /** References of the images that need a blob, as far as that is known. */
  readonly images: (digest: Digest) => Promise<readonly string[]>;
  /** What was looked into, for people. */
  readonly places: readonly string[];
  /** Of bases, which may tell what each has. */
  readonly inventories: readonly InventoryFile[];
  /** Where we were not let in: it may be there. */
  readonly denials?: readonly PaletteEdgeError[];
}

/** A blob that is missing, for `--json`. */
interface MissingBlob {
  readonly digest: Digest;
  /** Bytes, as far as that is known. */
  readonly size?: number;
  readonly images: readonly string[];
  /** The bases that have it, or may have it. */
  readonly bases: readonly Pick<BaseBundle, 'name' | 'id'>[];
}

const shownBlobs = 10;
const toldBlobs = 1000;

/**
 * The error for blobs of bases that are nowhere: which, of which images, of which base.
 *
 * @returns a PaletteEdgeError `BASE_NEEDED` (kind notFound)
 */
export async function missingBlobs(
  { path, reader }: { readonly path: string; readonly reader: Pick<BundleReader, 'inventory' | 'stored'> },
  digests: readonly Digest[],
  { images, places, inventories, denials }: MissingContext,
): Promise<PaletteEdgeError> {
  const delta = reader.stored.squeezed?.delta;
  const taken = new Map<Digest, number>(delta?.taken.map(({ digest, size }) => [digest, size]));
  const blobs: MissingBlob[] = [];
  for (const digest of digests.slice(0, toldBlobs)) {
    const size = taken.get(digest) ?? sizeIn(inventories, digest);
    const bases = basesOf(digest, delta?.bases ?? [], inventories);
    const known = size === undefined ? {} : { size };
    blobs.push({ digest, ...known, images: await images(digest), bases });
  }
  const count = digests.length;
  const more = count - shownBlobs;
  const message = [
    `${path} takes ${count} ${count === 1 ? 'blob' : 'blobs'} from bases, and that is not there (${places.join(', ')}):`,
    ...blobs.slice(0, shownBlobs).map(lineOf),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ].join('\n');
  return new PaletteEdgeError('BASE_NEEDED', message, {
    kind: 'notFound',
    suggestions: [
      ...deniedIn(denials),
      ...filesAmong(digests, reader),
      'Is it the registry that the base was pushed to, with the same prefix?',
      'Name the bundle that it was made against: --base OLD.tar.zst',
    ],
    details: { missing: blobs, count },
  });
}

function filesAmong(
  digests: readonly Digest[],
  { inventory: { rawFiles = [] } }: Pick<BundleReader, 'inventory'>,
): readonly string[] {
  const files = new Set(rawFiles.map(({ digest }) => digest));
  if (!digests.some((digest) => files.has(digest))) return [];
  return [
    'Raw files are in no registry and no runtime: name the bundle that has them with --base, or read images only.',
  ];
}

/** What a registry says of a repository that is closed is often what it says of one that is not there. */
function deniedIn(denials: readonly PaletteEdgeError[] = []): readonly string[] {
  const [first, ...others] = denials;
  if (first === undefined) return [];
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return [`It may be where we are not let in${more}: ${first.message}`, ...first.suggestions];
}

function lineOf({ digest, size, images, bases }: MissingBlob): string {
  const [image, ...others] = images;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  const bytes = size === undefined ? '' : `, ${size} bytes`;
  const user = image === undefined ? '' : `, for ${image}${more}`;
  const names = bases.map(({ name, id }) => `${name}, id ${id}`).join(' or ');
  return `  ${digest}${bytes}${user}, of ${names}`;
}

/** Those that are known to have it, or else all of which nothing is known. */
function basesOf(
  digest: Digest,
  bases: readonly BaseBundle[],
  inventories: readonly InventoryFile[],
): readonly Pick<BaseBundle, 'name' | 'id'>[] {
  const known = new Map(inventories.map((each) => [baseOf(each).inventory, each.inventory]));
  const holds = ({ inventory }: BaseBundle): boolean =>
    known.get(inventory)?.blobs.some((blob) => blob.digest === digest) ?? false;
  const certain = bases.filter(holds);
  const possible = bases.filter(({ inventory }) => !known.has(inventory));
  const named = certain.length > 0 ? certain : possible.length > 0 ? possible : bases;
  return named.map(({ name, id }) => ({ name, id }));
}

function sizeIn(inventories: readonly InventoryFile[], digest: Digest): number | undefined {
  for (const { inventory } of inventories) {
    const found = inventory.blobs.find((blob) => blob.digest === digest);
    if (found !== undefined) return found.size;
  }
  return undefined;
}
