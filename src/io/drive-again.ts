/** Devices of Linux, as somebody names them. Below the same folder are files in memory, and what a shell hands over. */
const drive = /^\/dev\/(?!shm\/|fd\/|stdin)/;

/**
 * What to do about wrong bytes of an ISO image on a drive: nothing is copied there, it is written again. Undefined for files.
 *
 * @param place where they were found: a path, or one with what is inside of it behind a colon
 */
export function driveAgain(place: string): string | undefined {
  if (!drive.test(place)) return undefined;
  return 'Write the drive again: palette-edge usb write FILE.iso DRIVE; if that does not help, take another drive.';
}
