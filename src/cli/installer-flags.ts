import { Flags } from '@oclif/core';

import { PaletteEdgeError } from '../errors.ts';
import { parseByteSize } from '../io/parse-byte-size.ts';
import type { InstallerFilesRequest } from '../workflows/installer-files.ts';
import { requirePath } from './output-path.ts';

const helpGroup = 'CONTENT';

/** What goes into an installer. */
export const installerFlags = {
  content: Flags.string({
    helpGroup,
    helpValue: 'BUNDLE',
    multiple: true,
    multipleNonGreedy: true,
    summary: 'A bundle, or its parts.',
  }),
  'user-data': Flags.string({
    helpGroup,
    helpValue: 'FILE',
    summary: 'Configuration of the host; begins with #cloud-config.',
  }),
  'cluster-definition': Flags.string({
    helpGroup,
    helpValue: 'FILE',
    summary: 'Cluster definition of Palette, a .tgz.',
  }),
  'edge-config': Flags.string({
    helpGroup,
    helpValue: 'FILE',
    summary: 'Edge custom configuration, YAML: with the key that content is signed with.',
  }),
};

/** What was given for {@link installerFlags}. */
export interface InstallerFlags {
  readonly content: readonly string[] | undefined;
  readonly 'user-data': string | undefined;
  readonly 'cluster-definition': string | undefined;
  readonly 'edge-config': string | undefined;
}

/** @throws PaletteEdgeError `PATH_INVALID` (kind usage) for an empty path */
export function installerFilesRequest(flags: InstallerFlags): InstallerFilesRequest {
  return {
    content: (flags.content ?? []).map((path) => requirePath(path, '--content BUNDLE')),
    userData: filePath(flags['user-data'], 'user-data'),
    clusterDefinition: filePath(flags['cluster-definition'], 'cluster-definition'),
    edgeConfig: filePath(flags['edge-config'], 'edge-config'),
  };
}

function filePath(path: string | undefined, flag: string): string | undefined {
  return path === undefined ? undefined : requirePath(path, `--${flag} FILE`);
}

const smallestPiece = 1024 * 1024;
const largestPiece = 2 ** 32 - 1;

/**
 * The value of `--split`, in bytes.
 *
 * @throws PaletteEdgeError `SPLIT_INVALID` (kind usage)
 */
export function contentPieceSize(text: string): number {
  const size = parseByteSize(text);
  if (size !== undefined && size >= smallestPiece && size <= largestPiece) return size;
  throw new PaletteEdgeError(
    'SPLIT_INVALID',
    `--split ${JSON.stringify(text)}: expected a size from 1MiB to 4GiB-1`,
    {
      kind: 'usage',
      suggestions: ['Write it like this: 3GB (3 000 000 000 bytes, as CanvOS does), 4GiB-1, 700MB'],
    },
  );
}
