import { PaletteEdgeError } from '../errors.ts';
import {
  contentEntries,
  contentFilesOf,
  installerPaths,
  mostContentPieces,
} from '../iso/installer-layout.ts';
import type { ContentSource } from '../iso/installer-layout.ts';
import type { IsoEntry } from '../iso/iso-entry.ts';

/** What changes in an installer. */
export interface EmbeddingPlan {
  /** In the order in which they are written. */
  readonly added: readonly IsoEntry[];
  /** Paths of files that were there and are not carried over. */
  readonly removed: readonly string[];
  /** Files in the folder of the content that belong to other bundles. */
  readonly otherContent: readonly string[];
}

/** What goes in. */
export interface FilesToEmbed {
  readonly content: readonly ContentToEmbed[];
  readonly userData: ContentSource | undefined;
  readonly clusterDefinition: ContentSource | undefined;
  readonly edgeConfig: ContentSource | undefined;
}

interface ContentToEmbed {
  readonly name: string;
  /** The bundle, or its parts in order. */
  readonly sources: readonly ContentSource[];
  /** Its signature file; undefined when there is none. */
  readonly signatures?: ContentSource | undefined;
}

/** How files go in. */
export interface EmbeddingOptions {
  /** Of content, in bytes. */
  readonly pieceSize: number;
  /** Whether content of the same name gives way. */
  readonly replaces: boolean;
}

/**
 * Decides what becomes of the files of an installer. Configuration is replaced, content of the same name only when that was asked for,
 * and other content stays.
 *
 * @param files all files in the installer, relative
 * @throws PaletteEdgeError `CONTENT_TAKEN`, `CONTENT_PIECES`, `INSTALLER_PATH_TAKEN` (kind usage)
 */
export function planEmbedding(
  files: readonly string[],
  supplied: FilesToEmbed,
  options: EmbeddingOptions,
): EmbeddingPlan {
  const configuration = configurationEntries(files, supplied);
  const content = supplied.content.flatMap((each) => entriesOf(each, options.pieceSize));
  const old = supplied.content.flatMap(({ name }) => contentFilesOf(name, files));
  if (old.length > 0 && !options.replaces) throw taken(old);
  const added = [...configuration, ...content];
  for (const { path } of added) requirePlace(path, files);
  const there = new Set(files);
  const removed = [...configuration.map(({ path }) => path).filter((path) => there.has(path)), ...old];
  const gone = new Set(removed);
  const otherContent = files.filter(
    (path) =>
      path.startsWith(`${installerPaths.content}/`) && /\.zst(?:_part\d+)?$/.test(path) && !gone.has(path),
  );
  return { added, removed, otherContent };
}

function configurationEntries(files: readonly string[], supplied: FilesToEmbed): IsoEntry[] {
  const { userData, clusterDefinition, edgeConfig } = supplied;
  const there = installerPaths.userData.filter((path) => files.includes(path));
  return [
    ...(there.length > 0 ? there : installerPaths.userData.slice(0, 1)).flatMap((path) =>
      entry(path, userData),
    ),
    ...entry(installerPaths.edgeConfig, edgeConfig),
    ...entry(installerPaths.clusterDefinition, clusterDefinition),
  ];
}

function entry(path: string, source: ContentSource | undefined): IsoEntry[] {
  return source === undefined ? [] : [{ path, source: source.path, size: source.size }];
}

function entriesOf({ name, sources, signatures }: ContentToEmbed, pieceSize: number): IsoEntry[] {
  const entries = contentEntries(name, sources, pieceSize);
  if (entries.length <= mostContentPieces)
    return [...entries, ...entry(`${installerPaths.content}/${name}.sig`, signatures)];
  throw new PaletteEdgeError(
    'CONTENT_PIECES',
    `${name} would be cut into ${entries.length} files, expected at most ${mostContentPieces}`,
    { kind: 'usage', suggestions: [sources.length > mostContentPieces ? joinParts(name) : cutLarger] },
  );
}

const cutLarger = 'Cut it into larger files: --split 4GiB-1, or a larger size.';

/** Each part is cut by itself: of so many, no size makes few enough. */
function joinParts(name: string): string {
  return `It is in more parts than that. Join them, and name the whole: cat ${name}[._]part[0-9]* > ${name}`;
}

function taken(paths: readonly string[]): PaletteEdgeError {
  const more = paths.length > 1 ? ` and ${paths.length - 1} more` : '';
  return new PaletteEdgeError(
    'CONTENT_TAKEN',
    `the installer holds content of the same name already: ${paths[0] ?? ''}${more}`,
    {
      kind: 'usage',
      suggestions: [
        'Replace it with --replace, or rename the bundle: content of another name stays beside it.',
      ],
    },
  );
}

/** A file where a folder is needed, or the other way round. */
function requirePlace(path: string, files: readonly string[]): void {
  const obstacle = files.find((file) => path.startsWith(`${file}/`) || file.startsWith(`${path}/`));
  if (obstacle === undefined) return;
  throw new PaletteEdgeError(
    'INSTALLER_PATH_TAKEN',
    `${path} cannot be put into the installer, because ${obstacle} is there`,
    { kind: 'usage', suggestions: ['Is it an installer of Palette Edge?'] },
  );
}
