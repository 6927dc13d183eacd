import { open, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { isMap } from 'yaml';

import { PaletteEdgeError, wordDiskError } from '../errors.ts';
import { parseYamlText } from '../io/parse-yaml-text.ts';
import { openFileAccess } from '../io/random-access.ts';
import { isRawFileName } from '../io/raw-file-name.ts';
import type { ContentSource } from '../iso/installer-layout.ts';
import type { Warning } from '../warning.ts';
import type { BundleTrust } from './bundle-trust.ts';
import { checksumBeside } from './checksum-file.ts';
import { deltaRefused } from './delta-refused.ts';
import { signedFile } from './find-signatures.ts';
import { openBundleFile } from './open-bundle.ts';
import type { OpenParts } from './open-parts.ts';
import { readSourceFile } from './read-source-file.ts';
import { readUserData } from './read-user-data.ts';
import { requireUnchanged } from './require-unchanged.ts';
import { leftOutSignatures, signatureFileBeside } from './signature-beside.ts';
import { squeezedContent } from './squeezed-content.ts';

/** What a site's installer gets besides what is in it. Paths as the user wrote them. */
export interface InstallerFilesRequest {
  readonly content: readonly string[];
  /** Whose signature each bundle must have; undefined takes any. */
  readonly trust?: BundleTrust | undefined;
  readonly userData: string | undefined;
  readonly clusterDefinition: string | undefined;
  readonly edgeConfig: string | undefined;
}

/** A file of this machine that goes into an installer. */
export interface SuppliedFile extends ContentSource {
  /** As it was named. */
  readonly named: string;
  /** When it was changed last, in milliseconds. */
  readonly modified: number;
  /** What it must have, in hex, as far as somebody said it. */
  readonly sha256?: string | undefined;
}

/** A bundle that goes into an installer. */
interface InstallerContent {
  /** As it was named. */
  readonly path: string;
  /** File name of the bundle; that of what its parts are joined to. */
  readonly name: string;
  readonly id: string;
  readonly size: number;
  /** The bundle, or its parts in order. */
  readonly sources: readonly SuppliedFile[];
  /** Its signature file; undefined when there is none beside it. */
  readonly signatures?: SuppliedFile | undefined;
}

/** The files of a request, looked at. */
export interface InstallerFiles {
  readonly content: readonly InstallerContent[];
  readonly userData: SuppliedFile | undefined;
  readonly clusterDefinition: SuppliedFile | undefined;
  readonly edgeConfig: SuppliedFile | undefined;
  /** Whose signature each bundle must have: it was looked for. */
  readonly trust?: BundleTrust | undefined;
  readonly warnings: readonly Warning[];
}

const largestDefinition = 64 * 1024 * 1024;

/**
 * Looks at what goes into an installer: bundles are whole as far as heads and lengths tell, user-data begins with `#cloud-config`, YAML is
 * YAML, a cluster definition is a `.tgz`.
 *
 * @throws PaletteEdgeError of kind usage `NOTHING_TO_EMBED`, `CONTENT_NAME_INVALID`, `CONTENT_TWICE`, `BUNDLE_IN_ISO`, `USER_DATA_INVALID`, `EDGE_CONFIG_INVALID`,
 *   `CLUSTER_DEFINITION_INVALID`; what opening a bundle and reading a file throw
 */
export async function readInstallerFiles(request: InstallerFilesRequest): Promise<InstallerFiles> {
  const { userData, clusterDefinition, edgeConfig, trust } = request;
  if (
    request.content.length === 0 &&
    [userData, clusterDefinition, edgeConfig].every((each) => each === undefined)
  ) {
    throw new PaletteEdgeError('NOTHING_TO_EMBED', 'there is nothing to put into the installer', {
      kind: 'usage',
      suggestions: ['Name at least one of --content, --user-data, --cluster-definition and --edge-config.'],
    });
  }
  const content: InstallerContent[] = [];
  const warnings: Warning[] = [];
  for (const path of request.content) content.push(await readContent(path, { content, warnings, trust }));
  warnings.push(...((await ifGiven(userData, readUserData))?.warnings ?? []));
  return {
    content,
    trust,
    warnings,
    userData: await ifGiven(userData, async (path) => await contentSource(path, 'user data')),
    clusterDefinition: await ifGiven(clusterDefinition, readClusterDefinition),
    edgeConfig: await ifGiven(edgeConfig, readEdgeConfig),
  };
}

async function ifGiven<T>(
  path: string | undefined,
  read: (path: string) => Promise<T>,
): Promise<T | undefined> {
  return path === undefined ? undefined : await read(path);
}

/** The bundles before one, and what is told of them. */
interface ContentSoFar extends Pick<InstallerFilesRequest, 'trust'> {
  readonly content: readonly InstallerContent[];
  readonly warnings: Warning[];
}

async function readContent(
  path: string,
  { content, trust, warnings }: ContentSoFar,
): Promise<InstallerContent> {
  const { reader, parts, image } = await openBundleFile(path, { trust });
  try {
    if (image !== undefined) throw inImage(path);
    const name = parts?.bundle ?? basename(path);
    requireName(name, path);
    if (content.some((other) => other.name === name)) {
      throw new PaletteEdgeError(
        'CONTENT_TWICE',
        `two bundles are called ${name}: one would overwrite the other`,
        {
          kind: 'usage',
          suggestions: ['Rename one of them, or name it once.'],
        },
      );
    }
    if (reader.stored.squeezed?.delta !== undefined)
      throw deltaRefused(path, 'whoever installs from this has nothing yet');
    if (reader.stored.squeezed !== undefined) warnings.push(squeezedContent(path));
    const sources = parts === undefined ? [await wholeSource(path)] : await partSources(path, parts);
    const size = sources.reduce((sum, each) => sum + each.size, 0);
    const signatures = await signatureSource(join(dirname(path), name), warnings);
    return { path, name, id: reader.id, size, sources, signatures };
  } finally {
    await reader.close();
  }
}

/** The signature file beside a bundle; what is called so and is none is told. */
async function signatureSource(path: string, warnings: Warning[]): Promise<SuppliedFile | undefined> {
  const file = await signatureFileBeside(path);
  if (file !== undefined) return await contentSource(file, 'signature file');
  warnings.push(...(await leftOutSignatures([signedFile(path)])));
  return undefined;
}

async function wholeSource(path: string): Promise<SuppliedFile> {
  return { ...(await contentSource(path, 'bundle')), sha256: await checksumBeside(path) };
}

async function partSources(path: string, { parts, list }: OpenParts): Promise<SuppliedFile[]> {
  return await Promise.all(
    parts.map(async ({ name }, index) => ({
      ...(await contentSource(join(dirname(path), name), 'bundle')),
      sha256: list?.parts[index]?.sha256,
    })),
  );
}

function inImage(path: string): PaletteEdgeError {
  return new PaletteEdgeError('BUNDLE_IN_ISO', `${path} is inside an ISO image`, {
    kind: 'usage',
    suggestions: ['Copy the bundle out of the ISO image, and name the copy.'],
  });
}

/** CanvOS takes `*.zst` only, and names files without quotes in its scripts. */
function requireName(name: string, path: string): void {
  if (isRawFileName(name) && !name.includes('/') && name.endsWith('.zst')) return;
  throw new PaletteEdgeError(
    'CONTENT_NAME_INVALID',
    `${path}: an installer takes no content of this name: expected letters, digits and ._@+- with .zst at the end`,
    { kind: 'usage', suggestions: ['Rename the bundle, as in core-edge-1a2b3c4d.tar.zst.'] },
  );
}

/** Symbolic links are followed: what they point to is meant. A pipe is refused, not waited for: it has no size, and is read once only. */
async function contentSource(path: string, what: string): Promise<SuppliedFile> {
  const access = await openFileAccess(path, what);
  try {
    const source = await realpath(path);
    return { path: source, named: path, size: access.size, modified: (await stat(source)).mtimeMs };
  } catch (error) {
    throw wordDiskError(error, `reading the ${what} ${path}`);
  } finally {
    await access.close();
  }
}

async function readEdgeConfig(path: string): Promise<SuppliedFile> {
  const source = await contentSource(path, 'edge config');
  const { text } = await readSourceFile(path, 'edge config');
  requireMapping(text, path, 'EDGE_CONFIG_INVALID');
  return source;
}

function requireMapping(text: string, file: string, code: string): void {
  const { document } = parseYamlText(text, {
    file,
    invalid: (place, reason) => invalid(code, `${place}: ${reason}`),
  });
  if (!isMap(document.contents)) throw invalid(code, `${file}: expected keys and values at its top`);
}

async function readClusterDefinition(path: string): Promise<SuppliedFile> {
  const source = await contentSource(path, 'cluster definition');
  if (source.size > largestDefinition) {
    throw invalid(
      'CLUSTER_DEFINITION_INVALID',
      `${path}: a cluster definition has at most ${largestDefinition} bytes`,
    );
  }
  await using file = await open(source.path, 'r');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
  // RFC 1952, section 2.3.1.
  if (bytesRead === 2 && buffer.readUInt16BE(0) === 0x1f8b) return source;
  throw invalid(
    'CLUSTER_DEFINITION_INVALID',
    `${path}: a cluster definition is a .tgz, but this is not gzip`,
  );
}

function invalid(code: string, message: string): PaletteEdgeError {
  return new PaletteEdgeError(code, message, { kind: 'usage', suggestions: ['Is it the right file?'] });
}

/** All files that are read for it. */
export function filesOf(supplied: InstallerFiles): SuppliedFile[] {
  const { content, userData, clusterDefinition, edgeConfig } = supplied;
  const ofContent = content.flatMap(({ sources, signatures }) => [...sources, signatures]);
  const files = [...ofContent, userData, clusterDefinition, edgeConfig];
  return files.filter((file) => file !== undefined);
}

/**
 * Makes sure that nobody has changed the files since they were looked at.
 *
 * @param into what was written meanwhile: `the installer`
 * @throws PaletteEdgeError `FILE_CHANGED` (kind content)
 */
export async function requireFilesUnchanged(supplied: InstallerFiles, into: string): Promise<void> {
  for (const { path, named, size, modified } of filesOf(supplied))
    await requireUnchanged({ path: named, source: path, size, modified }, into);
}
