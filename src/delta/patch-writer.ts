import { createByteList } from './byte-list.ts';
import { chooseReference } from './choose-reference.ts';
import { indexOldContent } from './index-old-content.ts';
import { matchRange } from './match-range.ts';
import { joinOldTars } from './old-content.ts';
import type { OldTar } from './old-tar.ts';
import { mostOldTars, mostSectionBytes, patchMagic, patchVersion } from './patch-format.ts';
import { createReference } from './reference.ts';
import { createSectionWriter, type SectionCounts } from './section-writer.ts';
import { createTarScanner, type TarSpan } from './tar-scanner.ts';

/** What a patch is made of. All in bytes; `copied + changed + inserted` is the size of the new tar. */
export interface PatchSummary extends SectionCounts {
  /** Bytes of the new tar that are taken from an old one as they are. */
  readonly copied: number;
  /** Bytes of the new tar that the patch says by how much they differ from those of an old one. */
  readonly changed: number;
  /** Bytes of the new tar that are in the patch. */
  readonly inserted: number;
  /** The patch itself, before it is compressed. */
  readonly patch: number;
}

/** Takes a new tar in pieces of any size; the pieces may be used again afterwards. */
export interface PatchWriter {
  write(newTar: Uint8Array): void;
  /** Writes what is left. Nothing can be written afterwards. */
  finish(): PatchSummary;
}

/**
 * Describes a new tar by what is different from old ones (docs/delta-patch.md). The patch gives back every byte of it, whatever it
 * holds: a tar that cannot be read as one is just bytes. Equal tars, old and new, give equal patches, in whatever pieces they come.
 *
 * Reads the old tars once from beginning to end before it returns, and again where the new one is like them. Needs about 200 MB,
 * whatever the size of the tars. A patch of a tar that is like nothing is at most 0.1 % larger than the tar, and a few bytes.
 *
 * @param olds at most 255; their order matters to `applyPatch`
 * @param sink gets the patch in pieces, which it may keep: it is not compressed and wants to be
 * @throws RangeError for more old tars than can be named
 * @throws PaletteEdgeError OLD_TAR_TOO_SHORT, here and from `write` and `finish`, when an old tar ends before its size
 */
export function createPatchWriter(olds: readonly OldTar[], sink: (bytes: Uint8Array) => void): PatchWriter {
  if (olds.length > mostOldTars) throw new RangeError(`${olds.length} old tars; at most ${mostOldTars}`);
  const describe = createDescriber(olds);
  let patch = 0;
  const put = (bytes: Uint8Array): void => {
    patch += bytes.length;
    sink(bytes);
  };
  put(patchHead(olds));
  const range = new Uint8Array(mostSectionBytes);
  let filled = 0;
  return {
    write(newTar) {
      for (let taken = 0; taken < newTar.length;) {
        const piece = newTar.subarray(taken, taken + range.length - filled);
        range.set(piece, filled);
        filled += piece.length;
        taken += piece.length;
        if (filled < range.length) continue;
        put(describe.section(range));
        filled = 0;
      }
    },
    finish() {
      if (filled > 0) put(describe.section(range.subarray(0, filled)));
      put(Uint8Array.of(0));
      return { ...describe.counts(), patch };
    },
  };
}

/** Describes the ranges of a new tar, one after the other. */
interface Describer {
  section(bytes: Uint8Array): Uint8Array;
  counts(): SectionCounts;
}

function createDescriber(olds: readonly OldTar[]): Describer {
  const old = joinOldTars(olds);
  const index = indexOldContent(old);
  const reference = createReference(old);
  const writer = createSectionWriter(reference);
  const scanner = createTarScanner();
  let start = 0;
  let spans: readonly TarSpan[] = [];
  return {
    counts: () => writer.counts(),
    section(bytes) {
      spans = [...spans.filter(({ end }) => end > start), ...scanner.scan(bytes)];
      reference.load(chooseReference({ ...index, size: old.size }, { start, bytes, spans }));
      start += bytes.length;
      const comparison = { target: bytes, reference: reference.bytes(), index: reference.index };
      return writer.write(bytes, matchRange(comparison));
    },
  };
}

/** docs/delta-patch.md, "Format". */
function patchHead(olds: readonly OldTar[]): Uint8Array {
  const head = createByteList();
  head.putAll(patchMagic);
  head.putNumber(patchVersion);
  head.putNumber(olds.length);
  for (const { size } of olds) head.putNumber(size);
  return head.take();
}
