/** Partition tables of these images count in sectors of so many bytes, whatever the drive has. */
export const diskSectorSize = 512;
