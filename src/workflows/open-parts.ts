import { basename, dirname } from 'node:path';

import { findParts } from '../bundle/find-parts.ts';
import type { FoundParts } from '../bundle/find-parts.ts';
import { JoinedParts } from '../bundle/joined-parts.ts';
import { PaletteEdgeError } from '../errors.ts';
import { diskFolder } from '../io/folder-access.ts';

/** Parts of a bundle, read as one file. */
export interface OpenParts extends FoundParts {
  readonly access: JoinedParts;
}

/**
 * Opens the parts that a path stands for: that of their list, of one of them, or of the bundle when only its parts are there.
 *
 * @returns undefined for a path that stands for no parts
 * @throws PaletteEdgeError as {@link findParts} does
 */
export async function openParts(path: string): Promise<OpenParts | undefined> {
  const folder = diskFolder(dirname(path));
  const found = await findParts(folder, basename(path));
  return found === undefined ? undefined : { ...found, access: new JoinedParts(folder, found.parts) };
}

/**
 * Makes sure that the parts hold the bundle that their list names.
 *
 * @throws PaletteEdgeError `PARTS_LIST_MISMATCH` (kind content): a build that was killed may have left the list of an older bundle
 */
export function requireListedBundle({ list, bundle }: FoundParts, id: string): void {
  if (list === undefined || list.bundle.id === id) return;
  throw new PaletteEdgeError(
    'PARTS_LIST_MISMATCH',
    `the parts list of ${bundle} names the bundle ${list.bundle.id}, its parts hold ${id}`,
    {
      kind: 'content',
      suggestions: ['Copy list and parts again from where they were made, or build again.'],
    },
  );
}

/** What opening joined parts failed with, in words that tell of the parts. */
export function inPartsError(error: unknown, { list, bundle, parts }: FoundParts): unknown {
  if (!(error instanceof PaletteEdgeError) || error.kind !== 'content') return error;
  const names = partsText(parts);
  const advice =
    list === undefined
      ? `There is no parts list: perhaps more parts belong to it than ${names}, or others.`
      : `Find out which part is damaged, and copy that one again: palette-edge verify, or sha256sum -c ${bundle}.sha256`;
  return new PaletteEdgeError(error.code, `${error.message} (joined from ${names})`, {
    kind: error.kind,
    cause: error,
    suggestions: [advice],
    details: error.details,
  });
}

/** Parts for a person: `3 parts, a.part00 to a.part02`. */
export function partsText(parts: FoundParts['parts']): string {
  const first = parts[0]?.name ?? '';
  const last = parts.at(-1)?.name ?? '';
  return parts.length === 1 ? `1 part, ${first}` : `${parts.length} parts, ${first} to ${last}`;
}
