import type { StoredBlock } from '../tokens/deflate-block.ts';
import type { BinaryCoder } from './binary-coder.ts';
import { invalidCorrections } from './invalid-corrections.ts';
import { codeNumber, codeTree } from './number-coding.ts';
import { treeContexts } from './tree-coding.ts';

/** A block as it is coded: all but its tokens and codes. */
export interface CodedBlock {
  readonly type: 0 | 1 | 2;
  readonly final: boolean;
  readonly stored?: StoredBlock;
  /** Literals and matches; of a block with more than {@link mostBuffered}, those of its first run. */
  readonly tokens: number;
  /** The block has more tokens: its codes come first, then runs. */
  readonly long: boolean;
}

const blockTypes = [0, 1, 2] as const;

/** Most tokens of a block that are kept until its codes are known. */
export const mostBuffered = 512 * 1024;

/** Contexts of a coder for blocks: the first of them are those of {@link codeTrees}. */
export const blockContexts = treeContexts + 2048;

const contexts = {
  kind: treeContexts,
  long: treeContexts + 40,
  likeBefore: treeContexts + 48,
  count: treeContexts + 64,
  noBytes: treeContexts + 160,
  sameLength: treeContexts + 170,
  length: treeContexts + 256,
  padding: treeContexts + 768,
  last: treeContexts + 1000,
  runLength: treeContexts + 1024,
} as const;

/**
 * How many blocks with dynamic codes, and without plain bytes, a stream may have: they take time however little is in them, and hostile
 * corrections of a few bytes could ask for billions.
 */
export function mostCostlyBlocks(plain: number): number {
  return 4096 + Math.floor(plain / 16);
}

/** Codes blocks in either direction; it learns of the blocks before. */
export interface BlockCoder {
  /**
   * Codes the beginning of a block. A reader gives nothing.
   *
   * @throws PaletteEdgeError CORRECTIONS_INVALID
   */
  block(block?: CodedBlock): CodedBlock;
  /** Codes a run of a long block: its tokens, and whether it is the last. */
  run(tokens: number, last: boolean): { readonly tokens: number; readonly last: boolean };
  /** Codes bits that fill the last byte. */
  padding(bits: number): number;
}

/** A block coder before the first block. */
export function createBlockCoder(coder: BinaryCoder): BlockCoder {
  let before = 3;
  const codeCount = createCountCoder(coder);
  const codeStored = createStoredCoder(coder);
  return {
    block(block) {
      const kind = codeTree(coder, [contexts.kind + before * 8, 3], kindOf(block));
      const type = blockTypes[kind & 3];
      if (type === undefined) throw invalidCorrections('a block has an unknown type');
      before = type;
      const final = kind >= 4;
      if (type === 0) return { type, final, tokens: 0, long: false, stored: codeStored(block?.stored) };
      const long = coder.code(contexts.long + type, block?.long === true ? 1 : 0) === 1;
      const tokens = long ? 0 : codeCount(block?.tokens ?? 0);
      return { type, final, tokens, long };
    },
    run(tokens, last) {
      const isLast = coder.code(contexts.last, last ? 1 : 0) === 1;
      const count = codeNumber(coder, contexts.runLength, tokens);
      checkCount(count);
      if (count === 0 && !isLast) throw invalidCorrections('a run of tokens is empty');
      return { tokens: count, last: isLast };
    },
    padding: (bits) => codeTree(coder, [contexts.padding + 128, 7], bits),
  };
}

function kindOf(block: CodedBlock | undefined): number {
  return block === undefined ? 0 : block.type | (block.final ? 4 : 0);
}

/** Codes how many tokens a block has: most writers begin a new one after always the same number. */
function createCountCoder(coder: BinaryCoder): (tokens: number) => number {
  const recent = [0, 0];
  return (tokens) => {
    const index = recent.indexOf(tokens);
    let count = tokens;
    if (coder.code(contexts.likeBefore, index === 0 ? 0 : 1) === 0) return recent[0]!;
    if (coder.code(contexts.likeBefore + 1, index === 1 ? 0 : 1) === 0) count = recent[1]!;
    else count = codeNumber(coder, contexts.count, tokens);
    checkCount(count);
    recent.unshift(count);
    recent.length = 2;
    return count;
  };
}

function checkCount(count: number): void {
  if (count > mostBuffered) throw invalidCorrections('a block has too many tokens');
}

function createStoredCoder(coder: BinaryCoder): (stored?: StoredBlock) => StoredBlock {
  let lengthBefore = 65_535;
  return (stored) => {
    const padding = codeTree(coder, [contexts.padding, 7], stored?.padding ?? 0);
    const wanted = stored?.length ?? 0;
    if (coder.code(contexts.noBytes, wanted === 0 ? 0 : 1) === 0) return { length: 0, padding };
    if (coder.code(contexts.sameLength, wanted === lengthBefore ? 0 : 1) === 1) {
      const high = codeTree(coder, [contexts.length, 8], wanted >>> 8);
      lengthBefore = (high << 8) | codeTree(coder, [contexts.length + 256, 8], wanted & 0xff);
    }
    return { length: lengthBefore, padding };
  };
}
