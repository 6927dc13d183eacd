import { constants } from 'node:fs';
import { lstat, open, realpath, stat } from 'node:fs/promises';

import { PaletteEdgeError, systemErrorCode, wordDiskError } from '../errors.ts';

/** A file that a build writes: what it is called, and how one that may be replaced begins. */
interface Replaceable {
  readonly name: string;
  /** What it is written for. */
  readonly output: 'bundle' | 'cluster definition' | 'ISO image';
  /** Where in the file it is told apart; at its beginning when undefined. */
  readonly position?: number;
  readonly length: number;
  readonly isBeginning: (bytes: Buffer) => boolean;
}

const zstdMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const ageIntro = Buffer.from('age-encryption.org/v1\n');

/** RFC 8878, section 3.1.1: a bundle begins with a Zstandard frame. https://c2sp.org/age#version-line: an encrypted one with a line. */
const bundle: Replaceable = {
  name: 'bundle',
  output: 'bundle',
  length: ageIntro.length,
  isBeginning: (bytes) => bytes.equals(ageIntro) || bytes.subarray(0, zstdMagic.length).equals(zstdMagic),
};

/** RFC 1952, section 2.3.1: a .tgz begins with the magic of gzip. */
const clusterDefinition: Replaceable = {
  name: 'cluster definition',
  output: 'cluster definition',
  length: 2,
  isBeginning: (bytes) => bytes.equals(Buffer.from([0x1f, 0x8b])),
};

/** ECMA-119, section 8.1.3: the first volume descriptor is at sector 16, its identifier behind its type. */
const isoImage: Replaceable = {
  name: 'ISO image',
  output: 'ISO image',
  position: 16 * 2048 + 1,
  length: 5,
  isBeginning: (bytes) => bytes.equals(Buffer.from('CD001')),
};

/** The same with the label that cloud-init looks for (ECMA-119, section 8.4.7: 32 bytes from byte 41 of the descriptor). */
const userDataImage: Replaceable = {
  ...isoImage,
  name: 'ISO image with user data',
  length: 71,
  isBeginning: (bytes) =>
    isoImage.isBeginning(bytes.subarray(0, isoImage.length)) &&
    bytes.toString('latin1', 39).trimEnd().toLowerCase() === 'cidata',
};

const checksum: Replaceable = {
  name: 'checksum of a bundle',
  output: 'bundle',
  length: 65,
  isBeginning: (bytes) => /^[0-9a-f]{64} /.test(bytes.toString('latin1')),
};

/**
 * Makes sure that writing the bundle and the `.sha256` beside it destroys nothing but an older bundle: not an input of
 * the build, and no device.
 *
 * @throws PaletteEdgeError of kind usage: `NOT_A_FILE` for what is there and is no regular file, `OUTPUT_TAKEN` for a
 *   file of something else; `DISK_…` for a file that cannot be looked into
 */
export async function checkOutput(path: string): Promise<void> {
  if (path.endsWith('/')) throw notAFile(actionFor(path, bundle), 'it is a folder, not a file');
  await requireReplaceable(path, bundle);
  await requireReplaceable(`${path}.sha256`, checksum);
}

/** Whether there is a bundle in one file that a build to this path may replace. A link to one is none. */
export async function isOlderBundle(path: string): Promise<boolean> {
  const status = await lstat(path).catch(() => undefined);
  return status?.isFile() === true && (await isReplaceable(path, bundle));
}

/** As {@link checkOutput}, for an ISO image and the `.sha256` beside it. */
export async function checkIsoOutput(path: string): Promise<void> {
  await checkImageOutput(path, isoImage);
}

/**
 * As {@link checkIsoOutput}, for one with user data. It takes a second to make: one that holds content or an installer took far more, and
 * may have the same name.
 */
export async function checkUserDataOutput(path: string): Promise<void> {
  await checkImageOutput(path, userDataImage);
}

async function checkImageOutput(path: string, image: Replaceable): Promise<void> {
  if (path.endsWith('/')) throw notAFile(actionFor(path, image), 'it is a folder, not a file');
  await requireReplaceable(path, image);
  await requireReplaceable(`${path}.sha256`, checksum);
}

/** As {@link checkOutput}, for a cluster definition beside the bundle. */
export async function checkDefinitionOutput(path: string): Promise<void> {
  await requireReplaceable(path, clusterDefinition);
}

/** The file that a path stands for: the target of a symbolic link, else the path itself, which need not exist. */
export async function outputTarget(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return path;
    throw error;
  }
}

async function requireReplaceable(path: string, expected: Replaceable): Promise<void> {
  const action = actionFor(path, expected);
  try {
    const status = await stat(path);
    if (!status.isFile()) {
      throw notAFile(
        action,
        status.isDirectory() ? 'it is a folder, not a file' : 'it is not a regular file',
      );
    }
    if (await isReplaceable(path, expected)) return;
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw wordDiskError(error, action);
    await requireNothing(path, action);
    return;
  }
  throw outputTaken(action, `no ${expected.name}`);
}

/** The error for a file that must not be replaced. */
export function outputTaken(action: string, is: string): PaletteEdgeError {
  return new PaletteEdgeError('OUTPUT_TAKEN', `${action} failed: the file is there already and is ${is}`, {
    kind: 'usage',
    suggestions: ['Remove the file, or name another with --output.'],
  });
}

async function isReplaceable(
  path: string,
  { position = 0, length, isBeginning }: Replaceable,
): Promise<boolean> {
  // Whatever took the file's place since it was looked at: opening it waits for nobody.
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead === 0) return (await file.stat()).size === 0;
  return isBeginning(buffer.subarray(0, bytesRead));
}

/** A link to nothing would be replaced, and its target never made. */
async function requireNothing(path: string, action: string): Promise<void> {
  const link = await lstat(path).catch(() => undefined);
  if (link !== undefined) throw notAFile(action, 'it is a symbolic link to a file that does not exist');
}

/** The error for a name that stands for something else than a file. */
export function notAFile(action: string, reason: string): PaletteEdgeError {
  return new PaletteEdgeError('NOT_A_FILE', `${action} failed: ${reason}`, {
    kind: 'usage',
    suggestions: ['Name a file with --output.'],
  });
}

function actionFor(path: string, { output }: Replaceable): string {
  return `writing the ${output} to ${path}`;
}
