import { createByteList, type ByteList } from './byte-list.ts';
import type { Likeness } from './likeness.ts';
import { shortestCopy } from './patch-format.ts';
import type { Reference } from './reference.ts';

/** How many bytes of sections came from where. */
export interface SectionCounts {
  readonly copied: number;
  readonly changed: number;
  readonly inserted: number;
}

/** Writes sections (docs/delta-patch.md, "Sections"), one after the other. */
export interface SectionWriter {
  /** The bytes of the section that gives this target. */
  write(target: Uint8Array, likenesses: readonly Likeness[]): Uint8Array;
  /** What all sections gave. */
  counts(): SectionCounts;
}

export function createSectionWriter(reference: Reference): SectionWriter {
  const streams: Streams = {
    commands: createByteList(),
    gaps: createByteList(),
    differences: createByteList(),
    literals: createByteList(),
  };
  const counts = { copied: 0, changed: 0, inserted: 0 };
  let position = 0;
  return {
    counts: () => counts,
    write(target, likenesses) {
      for (const list of Object.values(streams)) list.clear();
      const copies = likenesses.flatMap((likeness) => copiesOf(likeness, reference));
      let described = 0;
      for (const copy of copies) {
        streams.commands.putNumber(copy.target - described);
        streams.commands.putNumber(copy.length);
        streams.commands.putSigned(copy.start - position);
        streams.literals.putAll(target.subarray(described, copy.target));
        position = copy.start + copy.length;
        described = copy.target + copy.length;
      }
      streams.literals.putAll(target.subarray(described));
      putDifferences(streams, { target, reference: reference.bytes() }, copies);
      count(counts, streams, target.length);
      return assemble(streams, target.length);
    },
  };
}

interface Streams {
  readonly commands: ByteList;
  readonly gaps: ByteList;
  readonly differences: ByteList;
  readonly literals: ByteList;
}

/** A likeness, or a part of one, that comes from one old tar. */
interface Copy extends Likeness {
  /** Where it is in the old content. */
  readonly start: number;
}

function copiesOf(likeness: Likeness, reference: Reference): readonly Copy[] {
  const copies: Copy[] = [];
  let done = 0;
  for (const { start, end } of reference.origins(likeness.reference, likeness.length)) {
    const length = end - start;
    const [target, from] = [likeness.target + done, likeness.reference + done];
    if (length >= shortestCopy) copies.push({ target, reference: from, length, start });
    done += length;
  }
  return copies;
}

/** Gaps are counted in bytes that are copied, over the whole section. */
function putDifferences(
  { gaps, differences }: Streams,
  { target, reference }: { readonly target: Uint8Array; readonly reference: Uint8Array },
  copies: readonly Copy[],
): void {
  let gap = 0;
  for (const copy of copies) {
    const distance = copy.reference - copy.target;
    const end = copy.target + copy.length;
    for (let at = copy.target; at < end; at++) {
      const difference = (target[at]! - reference[at + distance]!) & 255;
      if (difference === 0) {
        gap++;
        continue;
      }
      gaps.putNumber(gap);
      differences.put(difference);
      gap = 0;
    }
  }
}

function count(
  counts: { copied: number; changed: number; inserted: number },
  { differences, literals }: Streams,
  size: number,
): void {
  counts.changed += differences.length();
  counts.inserted += literals.length();
  counts.copied += size - differences.length() - literals.length();
}

/** The four streams stay apart, because each compresses best beside its own kind. */
function assemble({ commands, gaps, differences, literals }: Streams, size: number): Uint8Array {
  const section = createByteList();
  section.putNumber(size);
  for (const stream of [commands, gaps, differences]) section.putNumber(stream.length());
  for (const stream of [commands, gaps, differences, literals]) section.putAll(stream.take());
  return section.take();
}
