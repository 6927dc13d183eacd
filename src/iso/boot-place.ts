/**
 * Blanks the fields of a boot image that say where it is, which change when an image is written anew: the boot information tables of
 * mkisofs (bytes 8 to 63: sectors of descriptor and file, length, checksum) and of GRUB (bytes 2548 to 2555: its sector).
 *
 * @param bytes the beginning of the boot image; changed in place
 */
export function blankBootPlace(bytes: Uint8Array): void {
  bytes.subarray(8, 64).fill(0);
  bytes.subarray(2548, 2556).fill(0);
}
