import { basename, dirname, join, resolve } from 'node:path';

import { PaletteEdgeError, wordDiskError } from '../errors.ts';
import type { Hasher } from '../io/hash-thread.ts';
import { totalSize } from '../io/total-size.ts';
import { checksumListName } from '../iso/iso-checksums.ts';
import type { FileChecksum } from '../iso/iso-checksums.ts';
import { largestIsoSize } from '../iso/iso-entry.ts';
import type { IsoEntry } from '../iso/iso-entry.ts';
import { checkIsoLabel, isoLabelWarnings } from '../iso/iso-label.ts';
import type { DescribedBundle } from '../iso/iso-readme.ts';
import { writeIso } from '../iso/iso-writer.ts';
import { checkXorriso } from '../iso/xorriso.ts';
import type { Warning } from '../warning.ts';
import { checkIsoBundles } from './check-iso-bundles.ts';
import { checkIsoOutput, outputTaken, outputTarget } from './check-output.ts';
import { checkWrittenIso } from './check-written-iso.ts';
import { checksumFile, writeChecksumFile } from './checksum-file.ts';
import { hashIsoContent } from './hash-iso-content.ts';
import type { HashedFile } from './hash-iso-content.ts';
import { isoContent } from './iso-content.ts';
import type { IsoContent, IsoContentBundle, IsoContentFile, IsoRequest } from './iso-content.ts';
import { writeMadeFiles } from './iso-made-files.ts';
import type { HashedContent } from './iso-made-files.ts';
import { requireFreeSpace } from './require-free-space.ts';
import { requireUnchanged } from './require-unchanged.ts';
import { replaceSignatures, stayingSignatures } from './signature-beside.ts';
import { squeezedContent } from './squeezed-content.ts';
import { writeIsoFile } from './write-iso-file.ts';
import type { IsoPlaces } from './write-iso-file.ts';

/** An image to make. */
export interface CreateIsoInput extends IsoRequest {
  /** Paths of bundles, in any way that {@link openBundleFile} takes but inside of images. */
  readonly bundles: readonly string[];
  /** Id that all of them must have; any when undefined. */
  readonly bundleId?: string;
  /** Where it goes; beside the first bundle when undefined. */
  readonly output?: string;
}

/** What making an image needs. */
export interface IsoResources {
  /** Path of the program; undefined when the PATH has none. */
  readonly xorriso: string | undefined;
  readonly hasher: Hasher;
  readonly listener: IsoListener;
}

/** Told of how it goes on; must not throw. */
export interface IsoListener {
  /** What begins, and of how many bytes. */
  readonly onPhase: (phase: 'verifying' | 'hashing' | 'writing' | 'checking', total: number) => void;
  readonly onBytes: (count: number) => void;
}

/** An image that was made. */
export interface CreatedIso {
  readonly path: string;
  readonly label: string;
  /** In bytes. */
  readonly size: number;
  /** In hex, as in the `.sha256` file beside it. */
  readonly sha256: string;
  readonly bundles: readonly DescribedBundle[];
  /** All that is in it, sorted by path, but the list of checksums. */
  readonly files: readonly FileChecksum[];
  readonly warnings: readonly Warning[];
}

/** Where an image goes that nobody named: beside the bundle, with its name. */
export function defaultIsoPath(bundlePath: string): string {
  const name = basename(bundlePath)
    .replace(/\.parts\.json$|[._]part\d{2,4}$/, '')
    .replace(/\.zst$/, '')
    .replace(/\.tar$/, '');
  return join(dirname(bundlePath), `${name}.iso`);
}

/**
 * Makes a data image of bundles and other files. The same input gives the same bytes. It is written beside its name and renamed when it
 * is complete, with a `.sha256` beside it.
 *
 * @throws PaletteEdgeError `ISO_LABEL_INVALID`, `OUTPUT_TAKEN`, `ISO_NAME_TAKEN` and the like (kind usage), `XORRISO_…`,
 *   `NOT_ENOUGH_SPACE`, `DISK_…` (kind disk), `CHECKSUM_MISMATCH`, `FILE_CHANGED` (kind content)
 */
export async function createIso(
  input: CreateIsoInput,
  resources: IsoResources,
  signal: AbortSignal,
): Promise<CreatedIso> {
  const label = checkIsoLabel(input.label);
  await checkXorriso({ xorriso: resources.xorriso, signal });
  const path = input.output ?? defaultIsoPath(input.bundles[0] ?? 'content');
  await checkIsoOutput(path);
  const content = await isoContent(input.bundles, input);
  requireId(content, input.bundleId);
  await refuseSource(path, content);
  const bytes = largestIsoSize(content.files.flatMap(({ pieces }) => pieces));
  await requireFreeSpace({ path, what: 'the ISO image', bytes, flag: '--output' });
  await checkIsoBundles(content, resources.listener, signal);
  const hashed = await hashAll(content, resources, signal);
  const image = { path, label, content, hashed };
  const { bundles } = content;
  // A signature beside an image is one of the only bundle in it.
  const signatures = await stayingSignatures(
    path,
    ({ id }) => bundles.length > 0 && bundles.every((bundle) => bundle.id === id),
  );
  const written = await writeIsoFile(
    path,
    async (places) => await make(image, places, { resources, signal }),
  );
  await writeChecksum(path, written);
  await replaceSignatures(path, signatures);
  return {
    path,
    label,
    ...written,
    bundles: bundles.map(described),
    warnings: [
      ...isoLabelWarnings(label),
      ...squeezedWarnings(bundles),
      ...bundles.flatMap(({ warnings = [] }) => warnings),
    ],
  };
}

/** Of a delta bundle everybody knows that no host takes it as it is. */
function squeezedWarnings(bundles: IsoContent['bundles']): Warning[] {
  return bundles.flatMap(({ mode, source }) => (mode === 'squeezed' ? [squeezedContent(source)] : []));
}

function described(bundle: IsoContentBundle): DescribedBundle {
  const { path, name, id, size, images, charts, parts, signatureFile, mode, bases } = bundle;
  return { path, name, id, size, images, charts, parts, signatureFile, mode, bases };
}

function requireId({ bundles }: IsoContent, expected: string | undefined): void {
  const other = expected === undefined ? undefined : bundles.find(({ id }) => id !== expected);
  if (other === undefined) return;
  throw new PaletteEdgeError(
    'BUNDLE_REPLACED',
    `${other.source} is another bundle than the one to go into the ISO image: expected ${expected}, received ${other.id}`,
    { kind: 'content', suggestions: ['Build again, and let nothing else write to that path meanwhile.'] },
  );
}

/**
 * What is read must not be replaced: an image may be among the files.
 *
 * @throws PaletteEdgeError `OUTPUT_TAKEN` (kind usage)
 */
export async function refuseSource(path: string, { files }: IsoContent): Promise<void> {
  const target = await outputTarget(path);
  const taken = files.find(({ source }) => source === resolve(target));
  if (taken !== undefined) throw outputTaken(`writing the ISO image to ${path}`, 'to go into the ISO image');
}

async function hashAll(
  { files }: IsoContent,
  { hasher, listener }: IsoResources,
  signal: AbortSignal,
): Promise<HashedContent> {
  listener.onPhase('hashing', totalSize(files));
  const hashed = new Map<IsoContentFile, HashedFile>();
  for (const file of files) {
    hashed.set(file, await hashIsoContent(file, { hasher, signal, onBytes: listener.onBytes }));
  }
  return hashed;
}

interface ImageToMake {
  readonly path: string;
  readonly label: string;
  readonly content: IsoContent;
  readonly hashed: HashedContent;
}

/** Writes, looks whether the sources are what they were, and compares all of it with them. */
async function make(
  { path, label, content, hashed }: ImageToMake,
  { file, folder }: IsoPlaces,
  { resources, signal }: { readonly resources: IsoResources; readonly signal: AbortSignal },
): Promise<Pick<CreatedIso, 'size' | 'sha256' | 'files'>> {
  const { xorriso, hasher, listener } = resources;
  const { onBytes } = listener;
  const made = await writeMadeFiles(content, hashed, folder);
  const entries = [...made.entries, ...content.files.flatMap(entriesOf)];
  const total = largestIsoSize(entries);
  listener.onPhase('writing', total);
  let told = 0;
  const onWritten = (count: number): void => {
    told += count;
    onBytes(count);
  };
  await writeIso(entries, { label, path: file, folder, xorriso, signal, onBytes: onWritten });
  // It was an estimate, and xorriso tells what it has written every second only.
  onBytes(Math.max(0, total - told));
  for (const source of content.files) await requireUnchanged(source, 'the ISO image');
  const checksums = [...made.checksums, { path: checksumListName, sha256: made.listSha256 }];
  const onStart = (size: number): void => listener.onPhase('checking', size);
  const checked = await checkWrittenIso(
    { path, file, label, checksums },
    { hasher, signal, onBytes, onStart },
  );
  return { ...checked, files: made.checksums };
}

async function writeChecksum(path: string, { sha256 }: Pick<CreatedIso, 'sha256'>): Promise<void> {
  try {
    await writeChecksumFile(path, [{ path: basename(path), sha256 }]);
  } catch (error) {
    throw wordDiskError(error, `writing the checksum of the ISO image to ${checksumFile(path)}`);
  }
}

function entriesOf({ source, size, isExecutable, pieces }: IsoContentFile): IsoEntry[] {
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined) return [{ path: only.path, source, size, isExecutable }];
  return pieces.map((piece) => ({ ...piece, source }));
}
