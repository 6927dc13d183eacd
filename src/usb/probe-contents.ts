import { PaletteEdgeError } from '../errors.ts';
import { printable } from '../io/printable.ts';
import type { Drive, DriveContent } from './drive.ts';
import type { DriveSystem } from './drive-system.ts';

/** Texts of whoever made the file system. */
const longestText = 128;

/**
 * What is on a drive, read from the drive itself where lsblk has nothing: it knows only what udev has found, and containers and
 * rescue systems have no udev. Whatever cannot be told is left open.
 */
export async function probeContents(
  { path, size, contents }: Drive,
  system: DriveSystem,
  signal: AbortSignal,
): Promise<readonly DriveContent[]> {
  const known = contents.some((each) => each.path === path)
    ? contents
    : [{ path, size, content: undefined, label: undefined }, ...contents];
  const probed = known.map(async (each) =>
    each.content === undefined ? { ...each, ...(await probe(each.path, system, signal)) } : each,
  );
  return (await Promise.all(probed)).filter(
    (each) => each.path !== path || each.content !== undefined || each.label !== undefined,
  );
}

async function probe(
  path: string,
  { runTool }: DriveSystem,
  signal: AbortSignal,
): Promise<Partial<DriveContent>> {
  let text: string;
  try {
    text = await runTool('blkid', ['--probe', '--output', 'export', path], signal);
  } catch (error) {
    // It fails when it finds nothing, and when it may not read the drive.
    if (error instanceof PaletteEdgeError) return {};
    throw error;
  }
  const table = valueOf(text, 'PTTYPE');
  const content = valueOf(text, 'TYPE') ?? (table === undefined ? undefined : `${table} partition table`);
  const label = valueOf(text, 'LABEL');
  return { ...(content === undefined ? {} : { content }), ...(label === undefined ? {} : { label }) };
}

/** Values are written as for a shell, with backslashes before what would mean something there. */
function valueOf(text: string, name: string): string | undefined {
  const line = text.split('\n').find((each) => each.startsWith(`${name}=`));
  const value = line?.slice(name.length + 1).replaceAll(/\\(.)/g, '$1');
  return value === undefined || value === '' ? undefined : printable(value, longestText);
}
