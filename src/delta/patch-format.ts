/** What a patch begins with, and its version (docs/delta-patch.md, "Format"). */
export const patchMagic: Uint8Array = Uint8Array.of(0x93, 0x50, 0x45, 0x44, 0x4c, 0x54, 0x0a);
export const patchVersion = 1;

/** Bytes of the new tar that one section gives at most. */
export const mostSectionBytes = 8_388_608;
/** Old tars that one patch may name. */
export const mostOldTars = 255;

/** Fewer bytes are not worth a copy; it keeps the number of copies of a section below a million. */
export const shortestCopy = 8;

/** Bytes of commands that a section of so many bytes may have: a command has at most 16, for 8 that it copies. */
export function mostCommandBytes(sectionBytes: number): number {
  return sectionBytes * 2;
}
