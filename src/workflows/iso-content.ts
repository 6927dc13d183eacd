import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import type { BundleReader } from '../bundle/bundle-reader.ts';
import { partNames } from '../bundle/part-name.ts';
import { partsListName } from '../bundle/parts-list.ts';
import { PaletteEdgeError, wordDiskError } from '../errors.ts';
import { clashingName, isRawFileName } from '../io/raw-file-name.ts';
import { checksumListName } from '../iso/iso-checksums.ts';
import { readmeName } from '../iso/iso-readme.ts';
import type { DescribedBundle } from '../iso/iso-readme.ts';
import type { Warning } from '../warning.ts';
import type { FileToBundle } from './bundle-files.ts';
import type { BundleTrust } from './bundle-trust.ts';
import { defaultBundlePath } from './bundle-name.ts';
import { requireClusterDefinition, requireProgram } from './check-iso-file.ts';
import { checksumBeside } from './checksum-file.ts';
import { signedFile } from './find-signatures.ts';
import { openBundleFile } from './open-bundle.ts';
import type { OpenedBundle } from './open-bundle.ts';
import { leftOutSignatures, signatureFileBeside } from './signature-beside.ts';
import type { SplitRequest } from './split-request.ts';
import { contentCounts } from './verify-bundle.ts';

/** What goes into an image besides the bundles, and how it is arranged. */
export interface IsoRequest {
  readonly label: string;
  /** Where the bundles go, in the image; empty for its root. */
  readonly folder: string;
  /** Path of a cluster definition. */
  readonly clusterDefinition?: string;
  /** Files, by their names in the image. */
  readonly files: readonly FileToBundle[];
  /** Path of the tool as one executable file. */
  readonly tool?: string;
  /** For bundles that are one file. */
  readonly split?: SplitRequest;
  /** Whose signature each bundle must have; undefined takes any. */
  readonly trust?: BundleTrust | undefined;
}

/** A file of this machine, whole or in pieces, that goes into the image. */
export interface IsoContentFile {
  /** As it was named. */
  readonly path: string;
  /** Absolute, without links. */
  readonly source: string;
  readonly size: number;
  /** When it was changed last, in milliseconds. */
  readonly modified: number;
  readonly isExecutable?: boolean;
  readonly pieces: readonly IsoPiece[];
  /** What the whole must have, in hex, as far as somebody said it. */
  readonly sha256?: string;
}

/** A piece of a file, which is a file of the image. */
interface IsoPiece {
  /** In the image. */
  readonly path: string;
  readonly start: number;
  readonly size: number;
  readonly sha256?: string;
}

/** A bundle that goes into the image. */
export interface IsoContentBundle extends DescribedBundle {
  readonly tool: { readonly name: string; readonly version: string };
  /** As it was named. */
  readonly source: string;
  /** Whether it is split here: then a parts list is to be made. */
  readonly isSplit?: boolean;
  readonly files: readonly IsoContentFile[];
  /** What it is signed with; undefined when nothing lies beside it. */
  readonly signatures?: IsoContentFile | undefined;
  /** Of what lies beside it, and does not go in. */
  readonly warnings?: readonly Warning[];
}

/** Everything that goes into an image but what is made for it. */
export interface IsoContent {
  /** Whose signature each bundle must have: it was looked for. */
  readonly trust?: BundleTrust | undefined;
  readonly bundles: readonly IsoContentBundle[];
  readonly clusterDefinition: string | undefined;
  readonly tool: string | undefined;
  readonly others: readonly string[];
  /** Those of the bundles last. */
  readonly files: readonly IsoContentFile[];
}

/** Where hosts look for cluster definitions on a content partition. */
const clusterDefinitionFolder = 'spc-config';
const toolName = 'palette-edge';

/**
 * Looks at all that goes into an image: bundles are opened, the other files must be regular ones.
 *
 * @throws PaletteEdgeError `ISO_NAME_TAKEN`, `ISO_NAME_INVALID`, `BUNDLE_IN_PARTS`, `BUNDLE_IN_ISO`, `CLUSTER_DEFINITION_INVALID`,
 *   `TOOL_INVALID` (kind usage), and why something cannot be opened
 */
export async function isoContent(bundlePaths: readonly string[], request: IsoRequest): Promise<IsoContent> {
  const bundles: IsoContentBundle[] = [];
  for (const path of new Set(bundlePaths)) bundles.push(await bundleContent(path, request));
  const { clusterDefinition, tool, files, trust } = request;
  const definitionName =
    clusterDefinition === undefined ? undefined : clusterDefinitionName(clusterDefinition);
  const single = [
    ...(clusterDefinition === undefined || definitionName === undefined
      ? []
      : [await wholeFile(clusterDefinition, definitionName)]),
    ...(tool === undefined ? [] : [{ ...(await wholeFile(tool, toolName)), isExecutable: true }]),
  ];
  if (clusterDefinition !== undefined) await requireClusterDefinition(clusterDefinition);
  if (tool !== undefined) await requireProgram(tool);
  const others: IsoContentFile[] = [];
  for (const { path, name } of files) others.push(await wholeFile(path, name));
  const content = {
    bundles,
    trust,
    clusterDefinition: definitionName,
    tool: tool === undefined ? undefined : toolName,
    others: others.flatMap(({ pieces }) => pieces.map(({ path }) => path)),
    files: [
      ...single,
      ...others,
      ...bundles.flatMap((bundle) => [
        ...(bundle.signatures === undefined ? [] : [bundle.signatures]),
        ...bundle.files,
      ]),
    ],
  };
  refuseIsoClashes([
    ...bundles.flatMap(({ path, isSplit }) => (isSplit === true ? [partsListName(path)] : [])),
    ...content.files.flatMap(({ pieces }) => pieces.map(({ path }) => path)),
  ]);
  return content;
}

/** The path of a cluster definition in an image, by the path of its file. */
export function clusterDefinitionName(path: string): string {
  return `${clusterDefinitionFolder}/${basename(path)}`;
}

async function bundleContent(path: string, request: IsoRequest): Promise<IsoContentBundle> {
  const opened = await openBundleFile(path, { trust: request.trust });
  try {
    if (opened.image !== undefined) throw inImage(path);
    const content = await filesOfBundle(path, opened, request);
    const signed = join(dirname(path), opened.parts?.bundle ?? basename(path));
    const file = await signatureFileBeside(signed);
    if (file === undefined) return { ...content, warnings: await leftOutSignatures([signedFile(signed)]) };
    const signatureFile = `${content.path}.sig`;
    return { ...content, signatureFile, signatures: await wholeFile(file, signatureFile) };
  } finally {
    await opened.reader.close();
  }
}

async function filesOfBundle(
  path: string,
  opened: OpenedBundle,
  { folder, split }: IsoRequest,
): Promise<IsoContentBundle> {
  const { reader, parts } = opened;
  const described = { ...describe(reader), source: path };
  if (parts !== undefined) return { ...described, ...(await partContent(path, opened, { folder, split })) };
  const { id, inventory } = reader;
  const file = await wholeFile(path, isoBundlePath(path, folder, { id, name: inventory.name }));
  const expected = { ...file, sha256: await checksumBeside(path) };
  if (split === undefined) return { ...described, path: pathOf(file), files: [expected] };
  return { ...described, ...splitFile(expected, split) };
}

function describe(reader: BundleReader): Omit<IsoContentBundle, 'path' | 'files' | 'source'> {
  const { id, name, images, charts = 0 } = contentCounts(reader);
  const { squeezed } = reader.stored;
  const { mode } = squeezed ?? {};
  const bases = squeezed?.delta?.bases.map((base) => ({ name: base.name, id: base.id }));
  return { name, id, size: reader.size, images, charts, tool: reader.inventory.tool, mode, bases };
}

/** The path of a bundle in an image, by the path of its file. Hosts pass over files with other endings. */
export function isoBundlePath(
  path: string,
  folder: string,
  { id, name }: { readonly id: string; readonly name: string },
): string {
  const given = basename(path);
  const isFit = isRawFileName(given) && /\.(?:zst|tar)$/.test(given);
  return join(folder, isFit ? given : basename(defaultBundlePath(name, id)));
}

/** They stay as they are: their list names them. */
async function partContent(
  path: string,
  { parts }: OpenedBundle,
  { folder, split }: Pick<IsoRequest, 'folder' | 'split'>,
): Promise<Pick<IsoContentBundle, 'path' | 'files' | 'parts'>> {
  if (parts === undefined) throw new TypeError('the bundle is not in parts');
  if (split !== undefined) throw inParts(path);
  const place = (name: string): string => join(folder, name);
  const files: IsoContentFile[] = [];
  for (const [index, { name }] of parts.parts.entries()) {
    const file = await wholeFile(join(dirname(path), name), place(name));
    files.push({ ...file, sha256: parts.list?.parts[index]?.sha256 });
  }
  const { listName } = parts;
  const list =
    listName === undefined ? [] : [await wholeFile(join(dirname(path), listName), place(listName))];
  return { path: place(parts.bundle), parts: files.map(pathOf), files: [...list, ...files] };
}

function splitFile(
  file: IsoContentFile,
  { partSize, style }: SplitRequest,
): Pick<IsoContentBundle, 'path' | 'files' | 'parts' | 'isSplit'> {
  const path = pathOf(file);
  const names = partNames(path, Math.ceil(file.size / partSize), style);
  const pieces = names.map((name, index) => {
    const start = index * partSize;
    return { path: name, start, size: Math.min(partSize, file.size - start) };
  });
  return { path, parts: names, isSplit: true, files: [{ ...file, pieces }] };
}

async function wholeFile(path: string, name: string): Promise<IsoContentFile> {
  if (!isRawFileName(name)) throw nameInvalid(path, name);
  const action = `reading the file ${path}`;
  try {
    const source = await realpath(path);
    const status = await stat(source);
    if (!status.isFile()) {
      const what = status.isDirectory() ? 'it is a folder' : 'it is not a regular file';
      throw new PaletteEdgeError('NOT_A_FILE', `${action} failed: ${what}`, {
        kind: 'usage',
        suggestions: ['Name each file, or pack them into one archive.'],
      });
    }
    const { size, mtimeMs } = status;
    return { path, source, size, modified: mtimeMs, pieces: [{ path: name, start: 0, size }] };
  } catch (error) {
    throw wordDiskError(error, action);
  }
}

function pathOf({ pieces }: IsoContentFile): string {
  return pieces[0]?.path ?? '';
}

/**
 * Refuses names that are in each other's way, or in that of what every image has.
 *
 * @throws PaletteEdgeError `ISO_NAME_TAKEN` (kind usage)
 */
export function refuseIsoClashes(paths: readonly string[]): void {
  const clashing = clashingName([readmeName, checksumListName, ...paths]);
  if (clashing === undefined) return;
  throw new PaletteEdgeError(
    'ISO_NAME_TAKEN',
    `two files of the ISO image are to be called ${clashing}, or one is the folder of another; capital letters make no difference`,
    {
      kind: 'usage',
      suggestions: ['Give it another name: --add PATH:NAME, or --iso-path FOLDER for bundles'],
    },
  );
}

function nameInvalid(path: string, name: string): PaletteEdgeError {
  return new PaletteEdgeError(
    'ISO_NAME_INVALID',
    `${path} cannot be called ${JSON.stringify(name)} in the ISO image`,
    {
      kind: 'usage',
      suggestions: [
        'Use letters, digits, . _ @ + - only, 200 characters at most; rename it, or --add PATH:NAME',
      ],
    },
  );
}

function inParts(path: string): PaletteEdgeError {
  return new PaletteEdgeError(
    'BUNDLE_IN_PARTS',
    `${path} is in parts already: --split does not split it again`,
    {
      kind: 'usage',
      suggestions: ['Leave out --split: the parts go into the ISO image as they are.'],
    },
  );
}

function inImage(path: string): PaletteEdgeError {
  return new PaletteEdgeError('BUNDLE_IN_ISO', `${path} is inside an ISO image already`, {
    kind: 'usage',
    suggestions: ['Copy the bundle out of the ISO image, and name the copy.'],
  });
}
