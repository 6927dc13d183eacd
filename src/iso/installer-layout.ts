import type { IsoEntry } from './iso-entry.ts';

/** Where the installer of an edge host looks, relative to the root of its ISO: where a build of CanvOS puts these files. */
export const installerPaths = {
  content: 'opt/spectrocloud/content',
  clusterDefinition: 'opt/spectrocloud/clusterconfig/spc.tgz',
  /** The second one is where builds of CanvOS put it since 2023. Kairos reads both, whichever of them is there. */
  userData: ['config.yaml', 'files-iso/config.yaml'],
  edgeConfig: '.edge_custom_config.yaml',
} as const;

/** `split --bytes=3GB` of GNU coreutils, as CanvOS calls it. */
export const contentPieceSize = 3_000_000_000;

/** With two digits; behind 89 split goes on with four. */
export const mostContentPieces = 90;

/** A file on this machine that content lies in, whole or a part of it. */
export interface ContentSource {
  /** Absolute. */
  readonly path: string;
  readonly size: number;
}

/**
 * Cuts a bundle into the files that CanvOS would make of it: `NAME_part00`, `NAME_part01`, …, also when it is one only. Parts are not
 * joined: what `cat` makes of all the files is the bundle.
 *
 * @param sources the bundle, or its parts in order
 */
export function contentEntries(
  name: string,
  sources: readonly ContentSource[],
  pieceSize = contentPieceSize,
): IsoEntry[] {
  const pieces = sources.flatMap(({ path, size }) =>
    Array.from({ length: Math.ceil(size / pieceSize) }, (_, index) => ({
      source: path,
      start: index * pieceSize,
      size: Math.min(pieceSize, size - index * pieceSize),
    })),
  );
  return pieces.map((piece, index) => ({
    ...piece,
    path: `${installerPaths.content}/${name}_part${String(index).padStart(2, '0')}`,
  }));
}

/** Files of an installer that hold the bundle of that name, whole or in parts, and its signatures. */
export function contentFilesOf(name: string, files: readonly string[]): string[] {
  const folder = `${installerPaths.content}/`;
  return files.filter((path) => {
    if (!path.startsWith(`${folder}${name}`)) return false;
    const rest = path.slice(folder.length + name.length);
    return rest === '' || rest === '.sig' || /^_part\d+$/.test(rest);
  });
}
