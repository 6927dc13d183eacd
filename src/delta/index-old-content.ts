import { createAnchorTable, type AnchorTable } from './anchor-table.ts';
import type { OldContent } from './old-content.ts';
import { createSpanPairs, type SpanPairs } from './span-pairs.ts';
import { createTarScanner } from './tar-scanner.ts';

/** What says where to look for what the new tar may have in common with the old ones. */
export interface OldIndex {
  /** The files, at their positions in the old content. */
  readonly pairs: SpanPairs;
  readonly anchors: AnchorTable;
}

/** A multiple of the blocks of a tar. */
const pieceSize = 1_048_576;

/** Reads all old content once. */
export function indexOldContent(old: OldContent): OldIndex {
  const index = { pairs: createSpanPairs(), anchors: createAnchorTable(old.size) };
  const piece = new Uint8Array(Math.min(pieceSize, old.size));
  let start = 0;
  for (const end of old.ends) {
    const scanner = createTarScanner();
    for (let position = start; position < end; position += pieceSize) {
      const bytes = piece.subarray(0, Math.min(pieceSize, end - position));
      old.read(position, bytes);
      index.anchors.enter(bytes, position);
      for (const span of scanner.scan(bytes)) {
        index.pairs.enter({
          path: span.path,
          start: start + span.start,
          end: Math.min(end, start + span.end),
        });
      }
    }
    start = end;
  }
  return index;
}
