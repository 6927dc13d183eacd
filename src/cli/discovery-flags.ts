import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

import { Flags } from '@oclif/core';

import type { ImageSources } from '../workflows/resolve-images.ts';

const helpGroup = 'INPUT';

/** What happens with images that no list has, and with warnings. */
export const discoveryFlags = {
  'include-discovered': Flags.boolean({
    helpGroup,
    summary: 'Take in images that values or charts of packs name, and no image list has.',
    description:
      'Only those whose tag or digest is known. Without it they are told in warnings, with the line to add.',
    default: false,
  }),
  strict: Flags.boolean({
    helpGroup,
    summary: 'Warnings about the input are errors: nothing is built, and the exit code is 1.',
    default: false,
  }),
};

/** What was given for {@link discoveryFlags}. */
export interface DiscoveryFlags {
  readonly 'include-discovered': boolean;
  readonly strict: boolean;
}

/** The part of the sources that {@link discoveryFlags} say. Charts are rendered when `helm` is on the PATH. */
export function discoverySources(flags: DiscoveryFlags): Pick<ImageSources, 'discovery' | 'isStrict'> {
  return {
    discovery: { isIncluded: flags['include-discovered'], helm: findProgram('helm', process.env['PATH']) },
    isStrict: flags.strict,
  };
}

/** The first executable file of that name; relative folders of the PATH are passed over: what is there is anybody's. */
export function findProgram(name: string, searchPath: string | undefined): string | undefined {
  const folders = (searchPath ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
