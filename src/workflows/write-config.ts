import { lstat } from 'node:fs/promises';

import { PaletteEdgeError, systemErrorCode, wordDiskError } from '../errors.ts';
import { writeFileAtomically } from '../io/atomic-file.ts';
import { configText } from './config-text.ts';
import type { ConfigAnswers } from './config-text.ts';

/** A config file that was written. */
export interface WrittenConfig extends ConfigAnswers {
  readonly path: string;
}

/** Where a config file is written. */
export interface WriteConfigOptions {
  readonly path: string;
  /** Whether one that is there is replaced. */
  readonly replaces: boolean;
}

/**
 * Writes a config file.
 *
 * @throws PaletteEdgeError `OUTPUT_TAKEN` (kind usage) when one is there that is not to be replaced, or kind disk
 */
export async function writeConfig(
  answers: ConfigAnswers,
  { path, replaces }: WriteConfigOptions,
): Promise<WrittenConfig> {
  const refuseTaken = async (): Promise<void> => {
    if (!replaces && (await isThere(path))) throw configTaken(path);
  };
  try {
    await refuseTaken();
    await writeFileAtomically(path, async (file) => await file.writeFile(configText(answers)), {
      beforeNamed: refuseTaken,
    });
  } catch (error) {
    throw wordDiskError(error, `writing the config file ${path}`);
  }
  return { path, ...answers };
}

/** Whether something has the name, a broken link too. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw wordDiskError(error, `looking for ${path}`);
  }
}

/** The error for a config file that is not replaced. */
export function configTaken(path: string): PaletteEdgeError {
  return new PaletteEdgeError('OUTPUT_TAKEN', `${path} is there already, and nothing was written`, {
    kind: 'usage',
    suggestions: ['Replace it: add --force', 'Or change it by hand: its keys are in docs/configuration.md'],
  });
}
