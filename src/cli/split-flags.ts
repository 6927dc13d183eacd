import { Flags } from '@oclif/core';

import { partStyles } from '../bundle/part-name.ts';
import type { PartStyle } from '../bundle/part-name.ts';
import { PaletteEdgeError } from '../errors.ts';
import { parseByteSize } from '../io/parse-byte-size.ts';
import type { SplitRequest } from '../workflows/split-request.ts';

const helpGroup = 'OUTPUT';

/** Whether a bundle is written in parts. */
export const splitFlags = {
  split: Flags.string({
    helpGroup,
    helpValue: 'SIZE',
    summary:
      'Write the bundle in parts of this size: 3GB, 700MB, 4GiB-1 for FAT32. Every command takes them as they are.',
  }),
  'part-style': Flags.option({ options: partStyles })({
    helpGroup,
    dependsOn: ['split'],
    summary: 'Call parts NAME.part00, or NAME_part00 as CanvOS does.',
    defaultHelp: async () => await Promise.resolve('plain'),
  }),
};

/** What was given for {@link splitFlags}. */
export interface SplitFlags {
  readonly split: string | undefined;
  readonly 'part-style': PartStyle | undefined;
}

const smallestPart = 1024 * 1024;

/**
 * Undefined when no parts were asked for.
 *
 * @throws PaletteEdgeError `SPLIT_INVALID` (kind usage)
 */
export function splitRequest({ split, 'part-style': style }: SplitFlags): SplitRequest | undefined {
  if (split === undefined) return undefined;
  const partSize = parseByteSize(split);
  if (partSize === undefined) {
    throw invalid(
      `--split ${JSON.stringify(split)}: expected a size`,
      'Write it like this: 3GB (3 000 000 000 bytes), 3GiB (3 221 225 472 bytes), 4GiB-1, 700MB, 4.7GB, or in bytes',
    );
  }
  if (partSize < smallestPart) {
    throw invalid(
      `--split ${JSON.stringify(split)}: expected at least 1MiB (${smallestPart} bytes), received ${partSize} bytes`,
      'Name a larger size: --split 3GB',
    );
  }
  return { partSize, style: style ?? 'plain' };
}

function invalid(message: string, suggestion: string): PaletteEdgeError {
  return new PaletteEdgeError('SPLIT_INVALID', message, { kind: 'usage', suggestions: [suggestion] });
}
