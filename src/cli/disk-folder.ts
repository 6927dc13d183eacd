/** `/tmp` may be memory. */
const usualFolder = '/var/tmp';

/** Where large files go that nobody keeps. */
export function diskFolder(): string {
  return process.env['TMPDIR'] || usualFolder;
}
