import { PaletteEdgeError } from '../errors.ts';
import { openFileAccess } from '../io/random-access.ts';
import type { RandomAccess } from '../io/random-access.ts';
import type { Drive } from '../usb/drive.ts';
import { driveRefusals } from '../usb/drive-refusals.ts';
import type { DriveNeeds } from '../usb/drive-refusals.ts';
import { requireLinux } from '../usb/drive-system.ts';
import type { DriveSystem } from '../usb/drive-system.ts';
import { findDrive } from '../usb/find-drive.ts';
import { isOnDrive } from '../usb/is-on-drive.ts';
import { checkDriveAccess, openDrive } from '../usb/open-drive.ts';
import { probeContents } from '../usb/probe-contents.ts';
import { requireSameDrive } from '../usb/require-same-drive.ts';
import { writeImage } from '../usb/write-image.ts';
import type { WriteContext, WriteListener, WrittenImage } from '../usb/write-image.ts';
import { checkUsbImage } from './check-usb-image.ts';
import { checksumFile } from './checksum-file.ts';

/** What to write, and to which drive. */
export interface UsbWriteInput {
  /** Path of the image. */
  readonly image: string;
  /** Path of the drive's device, or of a link to it. */
  readonly device: string;
  /** The drive has to have this serial number. */
  readonly serial?: string | undefined;
  /** Takes disks that are not removable, and loop devices; needs the serial number. */
  readonly allowsFixed?: boolean | undefined;
}

/** What a person has to know before agreeing. */
export interface UsbWriteQuestion {
  readonly image: { readonly path: string; readonly size: number; readonly label: string | undefined };
  /** With everything that is known of what is on it. */
  readonly drive: Drive;
  /** As it was named. */
  readonly device: string;
  /** It is no removable drive, and that was asked for. */
  readonly isFixed: boolean;
}

/** What writing needs from outside. */
export interface UsbWriteResources {
  readonly system: DriveSystem;
  readonly listener: WriteListener;
  /** Throws unless the drive is to be written to. */
  readonly confirm: (question: UsbWriteQuestion) => Promise<void>;
}

/** An image that is on a drive, and was read back from there. */
export interface UsbWriteResult extends WrittenImage {
  readonly image: string;
  readonly label: string | undefined;
  /** `/dev/sdb` */
  readonly device: string;
  readonly model: string | undefined;
  readonly serial: string | undefined;
  /** The file beside the image that says its sha256, which was compared; undefined when there is none. */
  readonly checksumFile: string | undefined;
  /** Of writing and reading back. */
  readonly seconds: number;
  /** Never false: what was not read back the same is an error. */
  readonly verified: true;
}

/**
 * Writes an image to a whole drive and reads it back. Nothing is written before the drive has passed every check, somebody has
 * agreed, and the kernel has given it to this process alone.
 *
 * @throws PaletteEdgeError of kind usage for a drive that is refused (see docs/usb.md), `SERIAL_MISMATCH` among them; of kind disk for
 *   one that fails; `DRIVE_DIFFERS`, `CHECKSUM_MISMATCH` (kind content); those of the image; what `confirm` throws
 */
export async function writeUsbDrive(
  input: UsbWriteInput,
  resources: UsbWriteResources,
  signal: AbortSignal,
): Promise<UsbWriteResult> {
  requireLinux(resources.system);
  const image = await openFileAccess(input.image, 'image');
  try {
    return await writeOpened({ image, input, resources, signal });
  } finally {
    await image.close();
  }
}

interface OpenedWrite {
  readonly image: RandomAccess;
  readonly input: UsbWriteInput;
  readonly resources: UsbWriteResources;
  readonly signal: AbortSignal;
}

async function writeOpened({ image, input, resources, signal }: OpenedWrite): Promise<UsbWriteResult> {
  const { system, listener, confirm } = resources;
  const { label, sha256 } = await checkUsbImage(image, input.image);
  const needs = { imageSize: image.size, allowsFixed: input.allowsFixed };
  const drive = await fitDrive(input, needs, { system, signal });
  await checkDriveAccess(drive);
  const contents = await probeContents(drive, system, signal);
  await confirm({
    image: { path: input.image, size: image.size, label },
    drive: { ...drive, contents },
    device: input.device,
    isFixed: !drive.isRemovable,
  });
  const startedAt = performance.now();
  const expected = sha256 === undefined ? undefined : { sha256, source: checksumFile(input.image) };
  const written = await writeAlone({ image, drive, needs }, { system, listener, signal, expected });
  const seconds = (performance.now() - startedAt) / 1000;
  await showPartitions(drive, system, signal);
  const { path: device, model, serial } = drive;
  return {
    image: input.image,
    label,
    device,
    model,
    serial,
    ...written,
    checksumFile: expected?.source,
    seconds,
    verified: true,
  };
}

/** The drive that was named, when nothing speaks against it. */
async function fitDrive(
  input: UsbWriteInput,
  needs: DriveNeeds,
  { system, signal }: { readonly system: DriveSystem; readonly signal: AbortSignal },
): Promise<Drive> {
  const found = await findDrive(input.device, system, signal);
  const { drive } = found;
  if (await isOnDrive(input.image, found, system)) {
    throw new PaletteEdgeError(
      'IMAGE_ON_DRIVE',
      `${drive.path} is not written to: the image ${input.image} is on it`,
      { kind: 'usage', suggestions: ['Copy the image to another drive first.'] },
    );
  }
  const refusals = driveRefusals(drive, needs);
  const [first] = refusals;
  if (first !== undefined) {
    throw new PaletteEdgeError(
      first.code,
      `${drive.path} is not written to: ${refusals.map(({ reason }) => reason).join('; ')}`,
      {
        kind: 'usage',
        suggestions: refusals.flatMap(({ advice }) => advice ?? []),
        details: { reasons: refusals.map(({ code }) => code) },
      },
    );
  }
  checkSerial(drive, input);
  return drive;
}

function checkSerial(
  { path, serial }: Drive,
  { serial: expected, allowsFixed = false }: UsbWriteInput,
): void {
  if (expected === undefined && !allowsFixed) return;
  if (expected !== undefined && expected === serial) return;
  const has = serial === undefined ? 'it has none' : `it has ${JSON.stringify(serial)}`;
  const wanted =
    expected === undefined
      ? 'a disk that is not removable is written to only by its serial number'
      : `it should have the serial number ${JSON.stringify(expected)}`;
  throw new PaletteEdgeError('SERIAL_MISMATCH', `${path} is not written to: ${wanted}, and ${has}`, {
    kind: 'usage',
    suggestions: [
      'See the serial numbers of all drives: palette-edge usb list --all',
      ...(serial === undefined ? ['A drive without one is written to only after its name was typed.'] : []),
    ],
  });
}

async function writeAlone(
  work: { readonly image: RandomAccess; readonly drive: Drive; readonly needs: DriveNeeds },
  around: Pick<UsbWriteResources, 'system'> & WriteContext,
): Promise<WrittenImage> {
  await using opened = await openDrive(work.drive);
  await requireSameDrive(work.drive, work.needs, around);
  return await writeImage(work.image, opened, around);
}

/** udev does that, too, where there is one. The image is on the drive and verified: a kernel that does not look is no failure. */
async function showPartitions({ path }: Drive, { runTool }: DriveSystem, signal: AbortSignal): Promise<void> {
  try {
    await runTool('blockdev', ['--rereadpt', path], signal);
  } catch (error) {
    if (!(error instanceof PaletteEdgeError) && !signal.aborted) throw error;
  }
}
