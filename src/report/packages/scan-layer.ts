import { posix } from 'node:path';

import { TarError } from '../../io/tar-block.ts';
import { tarMembers } from '../../io/tar-members.ts';
import type { TarMember } from '../../io/tar-members.ts';
import { nameCount } from './collect-packages.ts';
import { FileWindow } from './file-window.ts';
import { UnreadableError } from './found-package.ts';
import type { Finding } from './found-package.ts';
import { LargestFiles } from './largest-files.ts';
import type { LayerFindings } from './layer-findings.ts';
import { packageFileAt } from './package-files.ts';
import { PathSetBuilder } from './path-set.ts';
import { readGoBinary } from './read-go-binary.ts';

/** Of an executable. In a larger one what Go 1.18 and later wrote is found all the same. */
const windowLimit = 128 * 1024 * 1024;
/** Of all files of a layer. */
const mostPackages = 500_000;
/** Names in all relations of these: of a large distribution some hundred thousands. */
const mostNames = 2_000_000;
/** Characters of paths that are kept: of links, whiteouts and findings. */
const mostPathText = 16 * 1024 * 1024;
/** Of a path or of what a link names: no file is opened by a longer one (Linux, PATH_MAX). */
const longestPath = 4096;
/** Folders in each other; real ones are some ten deep. Every layer above asks about each of them. */
const deepestPath = 256;
/** Files that are told of for their size. */
const mostLargest = 40;

const whiteout = '.wh.';
const opaqueWhiteout = '.wh..wh..opq';

/** What is known of a layer so far. */
interface Scan {
  readonly found: Map<string, Finding>;
  readonly links: Map<string, string>;
  readonly removed: Set<string>;
  readonly opaque: Set<string>;
  readonly files: PathSetBuilder;
  readonly folders: PathSetBuilder;
  readonly problems: string[];
  readonly largest: LargestFiles;
  readonly window: FileWindow;
  packages: number;
  names: number;
  pathText: number;
  longPaths: number;
}

/**
 * Reads what a layer says of packages, once and as a stream. Memory is bounded by the largest database or executable of 128 MiB. What
 * cannot be read is told of in the result: a damaged tar, too, as far as it is one.
 *
 * @param tar the layer, uncompressed
 * @throws what reading the tar throws, and the reason of the signal
 */
export async function scanLayer(tar: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<LayerFindings> {
  const scan: Scan = {
    found: new Map(),
    links: new Map(),
    removed: new Set(),
    opaque: new Set(),
    files: new PathSetBuilder(),
    folders: new PathSetBuilder(),
    problems: [],
    largest: new LargestFiles(mostLargest),
    window: new FileWindow(windowLimit),
    packages: 0,
    names: 0,
    pathText: 0,
    longPaths: 0,
  };
  try {
    for await (const member of tarMembers(tar)) {
      signal.throwIfAborted();
      await takeMember(scan, member);
    }
  } catch (error) {
    if (!(error instanceof TarError)) throw error;
    scan.problems.push(`is a damaged tar: ${error.message}. What comes behind is not listed`);
  }
  const { found, links, removed, opaque, files, folders } = scan;
  const problems = [...scan.problems, ...limitProblems(scan)];
  const largest = scan.largest.list();
  return { found, links, removed, opaque, files: files.build(), folders: folders.build(), largest, problems };
}

function limitProblems({ packages, names, pathText, longPaths }: Scan): string[] {
  return [
    ...(packages > mostPackages ? [`has more than ${mostPackages} packages; the others are not listed`] : []),
    ...(names > mostNames
      ? [`has packages with more than ${mostNames} dependencies; the others are not listed`]
      : []),
    ...(pathText > mostPathText
      ? ['has more links and packages than are read; the others are not listed']
      : []),
    ...(longPaths > 0
      ? [
          `has ${longPaths} paths of more than ${longestPath} characters or ${deepestPath} folders; they are not read`,
        ]
      : []),
  ];
}

async function takeMember(scan: Scan, member: TarMember): Promise<void> {
  const path = pathInRoot(member.path);
  if (path === '') return;
  if (isTooLong(path) || isTooLong(member.link)) {
    scan.longPaths += 1;
    return;
  }
  const name = posix.basename(path);
  if (name.startsWith(whiteout)) takeWhiteout(scan, path.slice(0, -name.length - 1), name);
  else if (member.kind === 'folder') scan.folders.add(path);
  else await takeFile(scan, path, member);
}

function isTooLong(path: string): boolean {
  return path.length > longestPath || path.split('/', deepestPath + 1).length > deepestPath;
}

async function takeFile(scan: Scan, path: string, member: TarMember): Promise<void> {
  scan.files.add(path);
  if (member.kind === 'file') scan.largest.add({ path, size: member.size });
  // Of two members of one path the last counts.
  scan.found.delete(path);
  scan.links.delete(path);
  if (member.kind === 'symbolicLink') {
    if (hasRoom(scan, path + member.link)) scan.links.set(path, member.link);
    return;
  }
  const isLink = member.kind === 'hardLink';
  const finding = isLink ? linkedFinding(scan, path, member) : await readFile(scan, path, member);
  if (finding !== undefined && hasRoom(scan, path)) keep(scan, path, finding);
}

/** A path as runtimes unpack it: never outside of the root. */
function pathInRoot(path: string): string {
  return posix.normalize(`/${path}`).replaceAll(/^\/+|\/+$/g, '');
}

function takeWhiteout(scan: Scan, folder: string, name: string): void {
  if (name === opaqueWhiteout) {
    if (hasRoom(scan, folder)) scan.opaque.add(folder);
    return;
  }
  // Others of two `.wh.` are bookkeeping of AUFS.
  if (name.startsWith(whiteout + whiteout)) return;
  const removed = name.slice(whiteout.length);
  // Nothing is called so, and joined to the folder it would be another one.
  if (removed === '' || removed === '.' || removed === '..') return;
  const path = posix.join(folder, removed);
  if (hasRoom(scan, path)) scan.removed.add(path);
}

/** A second name of a file: it tells what the first one does, and is there when that is gone. */
function linkedFinding(scan: Scan, path: string, { link }: TarMember): Finding | undefined {
  const target = pathInRoot(link);
  const finding = scan.found.get(target);
  if (finding !== undefined) return finding;
  if (packageFileAt(path) === undefined) return undefined;
  return problem(`is a hard link to ${JSON.stringify(target.slice(0, 200))}, which is not read`);
}

async function readFile(scan: Scan, path: string, member: TarMember): Promise<Finding | undefined> {
  const file = packageFileAt(path);
  if (file === undefined) return member.kind === 'file' ? await readExecutable(scan, member) : undefined;
  if (member.kind !== 'file') return problem('is stored as a sparse file or device, and is not read');
  if (member.size > file.limit) return problem(`has ${member.size} bytes; at most ${file.limit} are read`);
  const bytes = await member.take(member.size);
  try {
    return file.read(bytes);
  } catch (error) {
    if (error instanceof UnreadableError) return problem(error.message);
    // Buffers throw it for positions outside of them, and numbers of a damaged file may lead there.
    if (error instanceof RangeError) return problem('is damaged');
    throw error;
  }
}

async function readExecutable({ window }: Scan, member: TarMember): Promise<Finding | undefined> {
  const head = await member.take(4);
  if (head.toString('latin1') !== '\u007FELF') return undefined;
  window.reset();
  return await readGoBinary(joined(head, member.pieces()), window);
}

async function* joined(
  head: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield head;
  yield* rest;
}

function keep(scan: Scan, path: string, finding: Finding): void {
  scan.packages += finding.packages.length;
  for (const found of finding.packages) scan.names += nameCount(found);
  if (scan.packages <= mostPackages && scan.names <= mostNames) scan.found.set(path, finding);
}

function hasRoom(scan: Scan, text: string): boolean {
  scan.pathText += text.length;
  return scan.pathText <= mostPathText;
}

function problem(text: string): Finding {
  return { packages: [], problems: [text] };
}
