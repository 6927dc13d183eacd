import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

import { systemErrorCode } from '../errors.ts';
import type { PaletteEdgeError } from '../errors.ts';
import { TarError } from '../io/tar-block.ts';
import { invalidChart } from './chart-error.ts';
import { readTar } from './read-tar.ts';

/** The files of a chart by path, relative to the chart: `Chart.yaml`, `templates/service.yaml`, `charts/redis/values.yaml`. */
export type ChartFiles = ReadonlyMap<string, Uint8Array>;

/** Largest archive of a chart, in bytes. What Helm unpacks is bounded by the two below. */
export const maximumArchiveSize = 64 * 1024 * 1024;
/** All files of a chart, its sub-charts included, as Helm allows (`MaxDecompressedChartSize`). */
const maximumContentSize = 100 * 1024 * 1024;
/** One file, as Helm allows (`MaxDecompressedFileSize`). */
const maximumFileSize = 5 * 1024 * 1024;
/**
 * What all archives of a chart inflate to, padding and what is passed over included: archives in it that unpack to nothing
 * would otherwise cost as much as they like.
 */
const maximumInflatedSize = 200 * 1024 * 1024;
const maximumFiles = 20_000;
/** How deep sub-charts may be in sub-charts. */
const maximumDepth = 8;
const maximumPathLength = 1024;

const unzip = promisify(gunzip);

/**
 * Reads the archive of a chart (`.tgz`) with the checks that Helm makes (`LoadArchiveFiles`): nothing outside the chart's
 * folder, and no more than Helm itself would unpack. The archives of sub-charts, `charts/*.tgz`, are unpacked in place:
 * their files are under `charts/NAME/`. Links are passed over; a byte order mark is left out, as Helm does.
 *
 * @param place which chart it is, for messages
 * @param signal is looked at before each archive
 * @throws PaletteEdgeError `CHART_INVALID` (kind content)
 */
export async function readChartArchive(
  archive: Uint8Array,
  place: string,
  signal?: AbortSignal,
): Promise<ChartFiles> {
  const budget = { bytes: maximumContentSize, files: maximumFiles, inflated: maximumInflatedSize, signal };
  const files = new Map<string, Uint8Array>();
  await unpack({ archive, place, parent: '', depth: 0 }, files, budget);
  if (!files.has('Chart.yaml')) throw invalidChart(place, 'there is no Chart.yaml in it');
  return files;
}

interface Unpacked {
  readonly archive: Uint8Array;
  readonly place: string;
  /** The folder of charts that it is in, with its slash; empty for the outermost one. */
  readonly parent: string;
  readonly depth: number;
}

/** What is left to unpack. */
interface Budget {
  bytes: number;
  files: number;
  /** Bytes of tars. */
  inflated: number;
  /** Ends the unpacking. */
  readonly signal: AbortSignal | undefined;
}

async function unpack(chart: Unpacked, files: Map<string, Uint8Array>, budget: Budget): Promise<void> {
  const { place, parent, depth } = chart;
  if (depth > maximumDepth) throw invalidChart(place, `sub-charts are more than ${maximumDepth} deep`);
  const nested: Unpacked[] = [];
  for (const { path, bytes } of entriesOf(await decompress(chart, budget), place)) {
    const { folder, inside } = insideChart(path, place);
    spend(budget, bytes, { place, inside });
    const full = parent === '' ? inside : `${parent}${folder}/${inside}`;
    if (!isSubChart(inside)) files.set(full, withoutByteOrderMark(bytes));
    else {
      const slash = full.lastIndexOf('/') + 1;
      nested.push({
        archive: bytes,
        place: `${place}, ${inside}`,
        parent: full.slice(0, slash),
        depth: depth + 1,
      });
    }
  }
  for (const next of nested) await unpack(next, files, budget);
}

function spend(
  budget: Budget,
  bytes: Uint8Array,
  at: { readonly place: string; readonly inside: string },
): void {
  const { place, inside } = at;
  budget.files -= 1;
  budget.bytes -= bytes.length;
  if (budget.files < 0) throw invalidChart(place, `it has more than ${maximumFiles} files`);
  if (budget.bytes < 0) throw tooLarge(place);
  if (bytes.length <= maximumFileSize) return;
  const limit = `${maximumFileSize} bytes, the most that Helm takes`;
  throw invalidChart(place, `${JSON.stringify(inside)} has more than ${limit}`);
}

async function decompress(
  { archive, place }: Pick<Unpacked, 'archive' | 'place'>,
  budget: Budget,
): Promise<Uint8Array> {
  budget.signal?.throwIfAborted();
  // A gzip header: what is no gzip at all is told as that.
  if (archive[0] !== 0x1f || archive[1] !== 0x8b) throw invalidChart(place, 'it is no gzip archive');
  // Room for the headers of the tar.
  const roomForContent = budget.bytes + maximumFiles * 1024;
  try {
    const tar = await unzip(archive, {
      maxOutputLength: Math.max(1, Math.min(roomForContent, budget.inflated)),
    });
    budget.inflated -= tar.length;
    return tar;
  } catch (error) {
    if (systemErrorCode(error) !== 'ERR_BUFFER_TOO_LARGE')
      throw invalidChart(place, 'its gzip is damaged', error);
    if (roomForContent < budget.inflated) throw tooLarge(place);
    throw invalidChart(place, `its archives inflate to more than ${maximumInflatedSize} bytes`);
  }
}

function* entriesOf(tar: Uint8Array, place: string): ReturnType<typeof readTar> {
  try {
    yield* readTar(tar);
  } catch (error) {
    if (error instanceof TarError) throw invalidChart(place, `its tar is damaged: ${error.message}`, error);
    throw error;
  }
}

/** A path apart from the chart's folder. Archives made on Windows may have backslashes. */
function insideChart(path: string, place: string): { readonly folder: string; readonly inside: string } {
  const [folder = '', ...parts] = path.replaceAll('\\', '/').split('/');
  const inside = parts.filter((part) => part !== '' && part !== '.');
  const climbs =
    folder === '..' || folder === '' || inside.includes('..') || isDrive(folder) || isDrive(inside[0]);
  if (climbs || path.length > maximumPathLength || inside.length === 0 || /\p{Cc}/u.test(path)) {
    const shown = JSON.stringify(path.slice(0, 100));
    throw invalidChart(place, `it has a file outside the chart's folder: ${shown}`);
  }
  return { folder, inside: inside.join('/') };
}

function isDrive(part: string | undefined): boolean {
  return part !== undefined && /^[A-Za-z]:$/.test(part);
}

/** Helm takes every archive in `charts/` for a chart but those whose names begin with `_` or `.` (`LoadFiles`). */
function isSubChart(path: string): boolean {
  return /^(?:charts\/[^/_.][^/]*\/)*charts\/[^/_.][^/]*\.tgz$/.test(path);
}

function withoutByteOrderMark(bytes: Uint8Array): Uint8Array {
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return hasMark ? bytes.subarray(3) : bytes;
}

function tooLarge(place: string): PaletteEdgeError {
  return invalidChart(place, `it unpacks to more than ${maximumContentSize} bytes, the most that Helm takes`);
}
