import { stat } from 'node:fs/promises';

import { PaletteEdgeError, systemErrorCode } from '../errors.ts';

/** What was tried with a drive. */
export interface DriveAttempt {
  /** `writing to` */
  readonly action: string;
  /** `/dev/sdb` */
  readonly path: string;
  /** Bytes from its beginning, where that says something. */
  readonly position?: number;
}

interface DriveWording {
  readonly code: string;
  readonly reason: string;
  readonly advice: string;
}

const gone: DriveWording = {
  code: 'DRIVE_GONE',
  reason: 'the drive is gone: was it unplugged?',
  advice: 'Plug it in again, see with palette-edge usb list what it is called now, and write it anew.',
};

const notPermitted: DriveWording = {
  code: 'DRIVE_PERMISSION',
  reason: 'permission denied',
  advice: 'Drives are written as root: put sudo before the command.',
};

const failed: DriveWording = {
  code: 'DRIVE_FAILED',
  reason: 'the drive reports a failure (EIO)',
  advice: 'Try another port or cable, and another drive when it fails again.',
};

const wordings: Readonly<Record<string, DriveWording>> = {
  EBUSY: {
    code: 'DRIVE_BUSY',
    reason: 'something else has it open for itself alone, or has mounted it out of sight',
    advice:
      'Look for it: fuser -v on the device and its partitions, lsblk, docker ps. Then run the same command again.',
  },
  EACCES: notPermitted,
  EPERM: notPermitted,
  EROFS: {
    code: 'DRIVE_READ_ONLY',
    reason: 'it is read-only',
    advice: 'Look for a switch that protects it from writing.',
  },
  EIO: failed,
  ENOSPC: {
    ...failed,
    reason: 'the drive ends there, which is earlier than it says (ENOSPC)',
    advice: 'Use another drive.',
  },
  ENXIO: gone,
  ENODEV: gone,
  ENOENT: gone,
};

/**
 * Words what a drive did; an error that is already ours, or none of the system, is given back unchanged. A drive that is
 * unplugged fails like one that is broken: whether it is still there is looked up.
 */
export async function wordDriveError(error: unknown, attempt: DriveAttempt): Promise<unknown> {
  const code = systemErrorCode(error);
  if (error instanceof PaletteEdgeError || code === undefined || code.startsWith('ERR_')) return error;
  const { action, path, position } = attempt;
  const at = position === undefined ? '' : `, at byte ${position},`;
  const wording = (await isThere(path)) ? (wordings[code] ?? { ...failed, reason: code }) : gone;
  return new PaletteEdgeError(wording.code, `${action} ${path}${at} failed: ${wording.reason}`, {
    kind: wording === notPermitted ? 'authentication' : 'disk',
    cause: error,
    suggestions: [wording.advice],
  });
}

async function isThere(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isBlockDevice();
  } catch {
    return false;
  }
}
