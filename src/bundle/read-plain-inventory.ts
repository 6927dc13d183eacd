import { PaletteEdgeError } from '../errors.ts';
import { canonicalJson } from '../io/canonical-json.ts';
import { isRawFileName } from '../io/raw-file-name.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { isIndexType, isManifestType } from '../oci/media-types.ts';
import { waysOfDiscovery } from '../oci/origin.ts';
import type { Origin } from '../oci/origin.ts';
import { formatReference, parseReference } from '../oci/reference.ts';
import { checkCharts } from './check-charts.ts';
import { checkCompanions } from './check-companions.ts';
import { isBundleName, isExtraPath, leadingPaths } from './inventory.ts';
import type {
  BundledChart,
  BundledFile,
  BundledImage,
  BundledProfile,
  BundledRawFile,
  BundledRole,
  Inventory,
} from './inventory.ts';
import { invalidInventory } from './inventory-fields.ts';
import type { Fields } from './inventory-fields.ts';
import { checkRawFiles } from './raw-files.ts';

const maximumImages = 50_000;
const maximumBlobs = 200_000;
const maximumFiles = 10_000;
const plainRoles: readonly BundledRole[] = ['index', 'manifest', 'config', 'layer', 'file'];

/**
 * Reads the fields of a plain bundle's inventory, whose format version and mode are known to be those. Every field is checked before
 * anything uses it; fields that this version does not know are passed over.
 *
 * @throws PaletteEdgeError `INVENTORY_INVALID` (kind content)
 */
export function readPlainInventory(fields: Fields, formatVersion: Inventory['formatVersion']): Inventory {
  const tool = readTool(fields);
  const blobs = fields.objects('blobs', maximumBlobs).map((blob) => readBlob(blob, plainRoles));
  const inventory: Inventory = {
    formatVersion,
    mode: 'plain',
    name: fields.text('name', isBundleName),
    tool,
    profiles: fields.objects('profiles', maximumFiles).map(readProfile),
    images: fields.objects('images', maximumImages).map(readImage),
    charts: fields.objects('charts', maximumImages).map(readChart),
    files: fields.objects('files', maximumFiles).map(readFile),
    rawFiles: readRawFiles(fields),
    blobs,
  };
  checkBlobs(inventory);
  checkProfiles(inventory);
  checkImages(inventory);
  checkCompanions(inventory);
  checkCharts(inventory);
  checkFiles(inventory.files);
  checkRawFiles(inventory);
  return inventory;
}

/** Reads what wrote the bundle. */
export function readTool(fields: Fields): Inventory['tool'] {
  const tool = fields.object('tool');
  return { name: tool.text('name'), version: tool.text('version') };
}

function readProfile(fields: Fields): BundledProfile {
  return { name: fields.text('name'), version: fields.text('version'), type: fields.text('type') };
}

function readImage(fields: Fields): BundledImage {
  return {
    reference: fields.text('reference', isFullReference),
    sourceReference: optionalReference(fields, 'sourceReference'),
    digest: fields.digest('digest'),
    size: fields.size('size'),
    mediaType: fields.text('mediaType', (type) => isIndexType(type) || isManifestType(type)),
    platforms: fields.texts('platforms', maximumFiles),
    omittedPlatforms: fields.texts('omittedPlatforms', maximumFiles),
    artifactType: fields.value('artifactType') === undefined ? undefined : fields.text('artifactType'),
    origins: fields.objects('origins', maximumFiles).map(readOrigin),
  };
}

function optionalReference(fields: Fields, name: string): string | undefined {
  return fields.value(name) === undefined ? undefined : fields.text(name, isFullReference);
}

function readChart(fields: Fields): BundledChart {
  return {
    name: fields.text('name'),
    version: fields.text('version'),
    reference: fields.text('reference', isFullReference),
    digest: fields.digest('digest'),
    source: fields.text('source'),
  };
}

function isFullReference(text: string): boolean {
  try {
    return formatReference(parseReference(text)) === text;
  } catch (error) {
    if (error instanceof PaletteEdgeError) return false;
    throw error;
  }
}

function readOrigin(fields: Fields): Origin {
  const kind = fields.text('kind');
  switch (kind) {
    case 'flag':
      return { kind, flag: fields.value('flag') === 'chart' ? 'chart' : undefined };
    case 'list':
      return { kind, file: fields.text('file'), line: fields.size('line') };
    case 'manifest':
      return { kind, file: fields.text('file'), line: fields.size('line'), key: fields.text('key') };
    case 'profile':
      return {
        kind,
        profile: fields.text('profile'),
        pack: fields.text('pack'),
        key: fields.text('key'),
        line: fields.value('line') === undefined ? undefined : fields.size('line'),
      };
    case 'discovered':
      return readDiscovered(fields);
    case 'palette':
      return { kind, service: fields.text('service'), version: fields.text('version') };
    case 'referrer':
      return { kind, of: fields.text('of', isFullReference), subject: fields.digest('subject') };
    default:
      throw fields.invalid('kind', 'is unknown');
  }
}

function readDiscovered(fields: Fields): Origin {
  const how = waysOfDiscovery.find((known) => known === fields.value('how'));
  if (how === undefined) throw fields.invalid('how', 'is unknown');
  return {
    kind: 'discovered',
    profile: fields.value('profile') === undefined ? undefined : fields.text('profile'),
    pack: fields.value('pack') === undefined ? undefined : fields.text('pack'),
    key: fields.text('key'),
    line: fields.value('line') === undefined ? undefined : fields.size('line'),
    how,
  };
}

/** Reads a tar entry of the head. */
export function readFile(fields: Fields): BundledFile {
  return { path: fields.text('path'), size: fields.size('size'), digest: fields.digest('digest') };
}

function readRawFiles(fields: Fields): BundledRawFile[] | undefined {
  if (fields.value('rawFiles') === undefined) return undefined;
  const files = fields.objects('rawFiles', maximumFiles);
  if (files.length === 0) throw fields.invalid('rawFiles', 'is empty, and so must not be there');
  return files.map((file) => ({
    name: file.text('name', isRawFileName),
    size: file.size('size'),
    digest: file.digest('digest'),
  }));
}

/** Reads a blob of one of some roles. */
export function readBlob<Role extends string>(
  fields: Fields,
  roles: readonly Role[],
): { readonly digest: Digest; readonly size: number; readonly mediaType: string; readonly role: Role } {
  const name = fields.text('role');
  const role = roles.find((known) => known === name);
  if (role === undefined) throw fields.invalid('role', 'is unknown');
  // Those of layers are what registries have, and may be anything.
  const isAllowed = role === 'index' || role === 'manifest' ? isMediaType : undefined;
  return {
    digest: fields.digest('digest'),
    size: fields.size('size'),
    mediaType: fields.text('mediaType', isAllowed),
    role,
  };
}

/** RFC 6838, 4.2: who serves a manifest puts it into a header as it is. */
function isMediaType(text: string): boolean {
  return /^[A-Za-z0-9][\w!#$&^.+-]{0,126}\/[A-Za-z0-9][\w!#$&^.+-]{0,126}$/.test(text);
}

/** Checks that every blob is there once, and that their places can be counted. */
export function checkBlobs({ blobs }: { readonly blobs: readonly BlobIdentity[] }): void {
  const digests = new Set(blobs.map(({ digest }) => digest));
  if (digests.size !== blobs.length) throw invalidInventory('a blob is in it twice');
  // Each blob has a header, padding and perhaps a pax header: 4 KiB is more than all of them.
  const total = blobs.reduce((sum, { size }) => sum + size + 4096, 0);
  if (!Number.isSafeInteger(total)) throw invalidInventory('its blobs are too large in all');
}

function checkImages({ images, blobs }: Inventory): void {
  const roots = new Map(blobs.map((blob) => [blob.digest, blob]));
  for (const [index, { reference, digest, size }] of images.entries()) {
    const previous = images[index - 1]?.reference;
    if (previous !== undefined && previous >= reference)
      throw invalidInventory(`images[${index}] is not in order`);
    const root = roots.get(digest);
    if (root?.size !== size) throw invalidInventory(`the root of images[${index}] is not among the blobs`);
    if (root.role !== 'index' && root.role !== 'manifest')
      throw invalidInventory(`the root of images[${index}] is said to be no manifest`);
  }
}

function checkProfiles({ profiles }: Inventory): void {
  const keys = profiles.map((profile) => canonicalJson(profile));
  const wrong = keys.findIndex((key, index) => index > 0 && (keys[index - 1] ?? '') >= key);
  if (wrong !== -1) throw invalidInventory(`profiles[${wrong}] is not in order`);
}

/** Checks the paths of the head's files. */
export function checkFiles(files: readonly BundledFile[]): void {
  const paths = files.map(({ path }) => path);
  if (new Set(paths).size !== paths.length) throw invalidInventory('a file is in it twice');
  const wrong = paths.findIndex((path, index) => {
    const leading = leadingPaths[index];
    return leading === undefined ? !isExtraPath(path) : path !== leading;
  });
  if (wrong !== -1) throw invalidInventory(`files[${wrong}].path is not allowed there`);
  if (paths.length < leadingPaths.length) throw invalidInventory('files lacks some that every bundle has');
}
