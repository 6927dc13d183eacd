import { Flags } from '@oclif/core';

import { PaletteEdgeError } from '../errors.ts';
import { isRawFileName } from '../io/raw-file-name.ts';
import { contentLabel } from '../iso/iso-label.ts';
import { parseNamedFile } from '../workflows/bundle-files.ts';
import type { IsoRequest } from '../workflows/iso-content.ts';
import { requirePath } from './output-path.ts';
import { splitRequest } from './split-flags.ts';
import type { SplitFlags } from './split-flags.ts';

const helpGroup = 'ISO';

/** What an image is like. */
export const isoFlags = flagsOfImage([]);

/** The same for a build, which makes an image only when asked. */
export const buildIsoFlags = {
  iso: Flags.boolean({
    helpGroup,
    // Without a default: the other flags would take it for given.
    summary: 'Make an ISO image of the bundle, too, beside it and with its name.',
  }),
  ...flagsOfImage(['iso']),
};

// oxlint-disable-next-line typescript/explicit-function-return-type -- the types of the flags are those of the values
function flagsOfImage(dependsOn: string[]) {
  return {
    'iso-label': Flags.string({
      helpGroup,
      helpValue: 'LABEL',
      summary: 'Volume label: up to 32 of A-Z, 0-9 and _. Windows shows the first 16.',
      dependsOn,
      defaultHelp: async () => await Promise.resolve(contentLabel),
    }),
    'iso-path': Flags.string({
      helpGroup,
      helpValue: 'FOLDER',
      summary: 'Folder of the bundle in the ISO image, as bundle-content or opt/spectrocloud/content.',
      dependsOn,
      defaultHelp: async () => await Promise.resolve('the root'),
    }),
    'cluster-definition': Flags.file({
      helpGroup,
      helpValue: 'FILE',
      summary: 'Put a cluster definition into the ISO image, as spc-config/FILE.',
      dependsOn,
    }),
    add: Flags.string({
      helpGroup,
      helpValue: 'PATH[:NAME]',
      summary:
        'Put another file into the ISO image, in its root or as NAME, which may have folders. Repeatable.',
      multiple: true,
      multipleNonGreedy: true,
      dependsOn,
    }),
    'include-tool': Flags.file({
      helpGroup,
      helpValue: 'FILE',
      summary: 'Put palette-edge itself into the ISO image, as one executable file, for sites without Node.',
      dependsOn,
    }),
  };
}

/** What was given for {@link isoFlags}. */
export interface IsoFlags {
  readonly 'iso-label': string | undefined;
  readonly 'iso-path': string | undefined;
  readonly 'cluster-definition': string | undefined;
  readonly add: readonly string[] | undefined;
  readonly 'include-tool': string | undefined;
}

/**
 * How the image is to be.
 *
 * @throws PaletteEdgeError of kind usage: `FILE_NAME_INVALID`, `ISO_PATH_INVALID`, `PATH_INVALID`, `SPLIT_INVALID`
 */
export function isoRequest(flags: IsoFlags & Partial<SplitFlags>): IsoRequest {
  const definition = flags['cluster-definition'];
  const tool = flags['include-tool'];
  return {
    label: flags['iso-label'] ?? contentLabel,
    folder: isoFolder(flags['iso-path'] ?? ''),
    clusterDefinition: definition && requirePath(definition, '--cluster-definition FILE'),
    files: (flags.add ?? []).map((text) => parseNamedFile(text, '--add')),
    tool: tool && requirePath(tool, '--include-tool FILE'),
    split: splitRequest({ split: flags.split, 'part-style': flags['part-style'] }),
  };
}

/**
 * The value of `--output` of an image.
 *
 * @throws PaletteEdgeError `PATH_INVALID` (kind usage) for an empty one, and for `-`: an image is written at many places at once
 */
export function isoOutputPath(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  if (path !== '-') return requirePath(path, '--output FILE');
  throw new PaletteEdgeError(
    'PATH_INVALID',
    '--output - is no file, and an ISO image is not written to standard output',
    {
      kind: 'usage',
      suggestions: ['Name a file: --output FILE.iso; one that is called - is ./-'],
    },
  );
}

function isoFolder(text: string): string {
  const folder = text.replace(/^\/+/, '').replace(/\/+$/, '');
  if (folder === '' || isRawFileName(folder)) return folder;
  throw new PaletteEdgeError(
    'ISO_PATH_INVALID',
    `--iso-path ${JSON.stringify(text)} cannot name a folder in an ISO image`,
    {
      kind: 'usage',
      suggestions: ['Use letters, digits, . _ @ + - and / between folders: --iso-path bundle-content'],
    },
  );
}
