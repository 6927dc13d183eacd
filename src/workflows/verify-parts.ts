import type { BundleReader } from '../bundle/bundle-reader.ts';
import { PartHashes } from '../bundle/part-hashes.ts';
import type { PartsList } from '../bundle/parts-list.ts';
import type { VerifyProblem, VerifyReport } from '../bundle/verify-bundle.ts';
import { PaletteEdgeError } from '../errors.ts';
import type { Hasher } from '../io/hash-thread.ts';
import { openParts } from './open-parts.ts';
import type { OpenParts } from './open-parts.ts';

/** What verifying found of the parts of a bundle. */
export interface VerifiedParts {
  /** In order. */
  readonly names: readonly string[];
  /** Whether there is a list to compare them with. */
  readonly isListed: boolean;
  /** Names of those that are not as the list says. */
  readonly damaged: readonly string[];
}

/** What hashing works with. */
interface HashContext {
  readonly hasher: Hasher;
  readonly signal: AbortSignal;
}

/** A bundle in parts, and how what is in it is verified. */
interface BundleInParts {
  readonly reader: BundleReader;
  readonly parts: OpenParts;
  readonly verify: () => Promise<VerifyReport>;
}

/** Verifies a bundle, and meanwhile its parts against their list: what is read for the one is hashed for the other. */
export async function verifyParts(
  { reader, parts, verify }: BundleInParts,
  { hasher, signal }: HashContext,
): Promise<VerifyReport & { readonly parts: VerifiedParts }> {
  const { list, access } = parts;
  const names = parts.parts.map(({ name }) => name);
  if (list === undefined) return { ...(await verify()), parts: { names, isListed: false, damaged: [] } };
  const hashes = new PartHashes(list.parts, hasher);
  access.watch(async (position, bytes) => await hashes.take(position, bytes));
  // Opening has read it unwatched; what follows it is read in order.
  await reader.frames.read(0);
  const report = await verify();
  const { problems, damaged } = compare(list, await hashes.finish(access, signal));
  return {
    ...report,
    parts: { names, isListed: true, damaged },
    problems: [...problems, ...report.problems],
  };
}

/**
 * What opening joined parts failed with, and which of them are damaged: their list says it.
 *
 * @returns the same error when there is no list, or the parts cannot be read
 */
export async function namingDamagedParts(
  path: string,
  error: unknown,
  { hasher, signal }: HashContext,
): Promise<unknown> {
  if (!(error instanceof PaletteEdgeError) || error.kind !== 'content') return error;
  const opened = await openParts(path).catch(() => undefined);
  if (opened?.list === undefined) return error;
  const { list, access } = opened;
  try {
    const { damaged } = compare(list, await new PartHashes(list.parts, hasher).finish(access, signal));
    return damaged.length === 0 ? error : withDamaged(error, damaged);
  } catch {
    signal.throwIfAborted();
    return error;
  } finally {
    await access.close();
  }
}

function withDamaged(error: PaletteEdgeError, damaged: readonly string[]): PaletteEdgeError {
  const names = damaged.join(', ');
  return new PaletteEdgeError(error.code, `${error.message}; damaged: ${names}`, {
    kind: error.kind,
    cause: error,
    suggestions: [`Copy ${names} again from where it was made.`],
    details: { ...error.details, damagedParts: damaged },
  });
}

function compare(
  { bundle, parts }: PartsList,
  found: Awaited<ReturnType<PartHashes['finish']>>,
): { problems: VerifyProblem[]; damaged: string[] } {
  const wrong = parts.flatMap(({ name, sha256 }, index) => problemOf(name, sha256, found.parts[index]));
  const damaged = wrong.map(({ path }) => path);
  if (wrong.length > 0) return { problems: wrong, damaged };
  return { problems: problemOf(`${bundle.name} (joined)`, bundle.sha256, found.whole), damaged };
}

function problemOf(path: string, expected: string, found: string | undefined): VerifyProblem[] {
  if (found === expected) return [];
  return [
    { path, images: [], message: `it has the sha256 ${found ?? 'of nothing'}; its list says ${expected}` },
  ];
}
