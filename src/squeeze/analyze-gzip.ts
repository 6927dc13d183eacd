import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

import type { BlobIdentity } from '../oci/descriptor.ts';
import { toDigest } from '../oci/digest.ts';
import type { AnalysisPasses } from './analysis-passes.ts';
import type { Analysis, AnalysisOptions, KeptGzip, KeptReason } from './analysis.ts';
import { encoderTitle } from './encoders.ts';
import { readGzipHead, readGzipTrailer, trailerSize } from './gzip-member.ts';
import { LayerSketch } from './layer-sketch.ts';
import { MemberAnalysis } from './member-analysis.ts';
import { mostMembers, segmentExcess } from './recipe-limits.ts';
import { encodeRecipe } from './recipe.ts';
import type { RecipeSegment } from './recipe.ts';

/** What one pass over a file came to; `again` when it has to be read once more. */
export type AnalysisPass = Analysis | { readonly outcome: 'again' };

/** Looks for a recipe in one pass over a gzip file, in pieces of any size. */
export interface GzipAnalyzer {
  /** Takes the next bytes. */
  push(piece: Uint8Array): void;
  /** Whether the rest is not needed: `finish` knows already. */
  readonly decided: boolean;
  /**
   * Ends the file.
   *
   * @returns what came of it; `actual` is what was read, to compare with what was expected, when all of it was
   */
  finish(): { readonly pass: AnalysisPass; readonly actual?: BlobIdentity };
}

const defaults = { maximumPlain: 64 * 1024 ** 3, maximumRecipeShare: 0.2 };

/** Corrections of a file are in memory while it is read, and while it is restored. */
const mostCorrections = 64 * 1024 ** 2;

const manyMembers = 'it has too many gzip members, or empty ones';

/** What a segment takes in a recipe, at least: a member has three. */
const leastSegmentSize = 6;

/**
 * An analyzer of one pass.
 *
 * @param size of the gzip file
 * @param passes what earlier passes over it found out
 */
export function createGzipAnalyzer(
  size: number,
  passes: AnalysisPasses,
  options: AnalysisOptions = {},
): GzipAnalyzer {
  return new Analyzer(size, passes, { ...defaults, ...options });
}

type Part = 'head' | 'stream' | 'trailer' | 'rest';

class Analyzer implements GzipAnalyzer {
  readonly #passes: AnalysisPasses;
  readonly #maximumPlain: number;
  readonly #maximumRecipe: number;
  readonly #gzipHash = createHash('sha256');
  readonly #plainHash = createHash('sha256');
  readonly #sketch = new LayerSketch();
  readonly #segments: RecipeSegment[] = [];
  #recipeSize = 0;
  #size = 0;
  #plain = 0;
  #check = 0;
  /** Plain bytes before this member. */
  #before = 0;
  #part: Part = 'head';
  /** Bytes of a part that is not whole yet. */
  #pending = new Uint8Array(0);
  readonly #rest: Uint8Array[] = [];
  #restSize = 0;
  #member: MemberAnalysis | undefined;
  #members = 0;
  #again = false;
  #pass: AnalysisPass | undefined;

  constructor(size: number, passes: AnalysisPasses, options: Required<AnalysisOptions>) {
    this.#passes = passes;
    this.#maximumPlain = options.maximumPlain;
    this.#maximumRecipe = options.maximumRecipeShare * size;
  }

  get decided(): boolean {
    return this.#pass !== undefined;
  }

  push(piece: Uint8Array): void {
    if (this.#pass !== undefined) return;
    this.#gzipHash.update(piece);
    this.#size += piece.length;
    let rest = piece;
    while (rest.length > 0 && !this.decided) {
      rest = this.#readPart(rest);
    }
  }

  finish(): { readonly pass: AnalysisPass; readonly actual?: BlobIdentity } {
    if (this.#pass !== undefined) return { pass: this.#pass };
    const actual = { digest: toDigest(this.#gzipHash.digest('hex')), size: this.#size };
    return { pass: this.#end(actual), actual };
  }

  #end(gzip: BlobIdentity): AnalysisPass {
    if (this.#part === 'stream' || this.#part === 'trailer') return damaged('it ends in the middle');
    if (this.#members === 0) return kept('not-gzip', 'it is no gzip file');
    if (this.#again) return { outcome: 'again' };
    // Whatever follows the last member, and does not begin another one.
    const rest = Buffer.concat([...this.#rest, this.#pending]);
    if (rest.length > 0) this.#addLiteral(rest);
    const plain = { digest: toDigest(this.#plainHash.digest('hex')), size: this.#plain };
    const recipe = encodeRecipe({ gzip, plain, segments: this.#segments });
    if (recipe.length > this.#maximumRecipe) return largeRecipe();
    if (segmentExcess(this.#segments) !== undefined) return kept('large-recipe', manyMembers);
    const encoders = new Set(
      this.#segments.flatMap((segment) =>
        segment.kind === 'deflate' ? [encoderTitle(segment.encoder)] : [],
      ),
    );
    return {
      outcome: 'described',
      recipe,
      encoder: [...encoders].join(', '),
      plain,
      sketch: this.#sketch.values(),
    };
  }

  /** @returns what is left of the piece */
  #readPart(piece: Uint8Array): Uint8Array {
    if (this.#part === 'stream') return this.#readStream(piece);
    return this.#part === 'rest' ? this.#readRest(piece) : this.#readOther(piece);
  }

  /** What follows the last member. */
  #readRest(piece: Uint8Array): Uint8Array {
    this.#rest.push(new Uint8Array(piece));
    this.#restSize += piece.length;
    if (this.#restSize > this.#maximumRecipe) this.#pass = largeRecipe();
    return piece.subarray(piece.length);
  }

  /** A head or a trailer. */
  #readOther(piece: Uint8Array): Uint8Array {
    const known = this.#pending.length;
    const bytes = known === 0 ? piece : Buffer.concat([this.#pending, piece]);
    const size = this.#part === 'trailer' ? this.#readTrailer(bytes) : this.#readHead(bytes);
    if (size === undefined) {
      if (this.#part !== 'rest') this.#pending = new Uint8Array(bytes);
      return piece.subarray(piece.length);
    }
    this.#addLiteral(bytes.subarray(0, size));
    this.#pending = new Uint8Array(0);
    return piece.subarray(size - known);
  }

  /** @returns the size of the head, or undefined while it is not whole */
  #readHead(bytes: Uint8Array): number | undefined {
    const head = readGzipHead(bytes, crc32);
    if (head === 'none') {
      this.#part = 'rest';
      this.#pending = new Uint8Array(0);
      this.#readRest(bytes);
      if (this.#members === 0) this.#pass = kept('not-gzip', 'it is no gzip file');
      return undefined;
    }
    if (head === 'more') return undefined;
    this.#part = 'stream';
    this.#check = 0;
    this.#before = this.#plain;
    this.#member = new MemberAnalysis({
      index: this.#members,
      head,
      passes: this.#passes,
      maximumCorrections: Math.max(
        0,
        Math.floor(Math.min(this.#maximumRecipe, mostCorrections) - this.#recipeSize),
      ),
      plain: (plain) => this.#takePlain(plain),
    });
    this.#members += 1;
    return head.size;
  }

  #readTrailer(bytes: Uint8Array): number | undefined {
    if (bytes.length < trailerSize) return undefined;
    const { check, size } = readGzipTrailer(bytes);
    if (check !== this.#check) this.#pass = damaged('the check of its plain bytes is wrong');
    else if (size !== (this.#plain - this.#before) % 2 ** 32) this.#pass = damaged('its plain size is wrong');
    this.#part = 'head';
    return trailerSize;
  }

  #readStream(piece: Uint8Array): Uint8Array {
    const member = this.#member;
    if (member === undefined) throw new TypeError('there is no member');
    const taken = member.push(piece);
    if (member.state !== 'more') this.#endStream(member);
    return piece.subarray(taken);
  }

  #endStream(member: MemberAnalysis): void {
    if (this.#pass !== undefined) return;
    switch (member.state) {
      case 'ended': {
        this.#part = 'trailer';
        if (member.tried) this.#addSegment(member.segment);
        else this.#again = true;
        return;
      }
      case 'again': {
        this.#pass = { outcome: 'again' };
        return;
      }
      case 'invalid': {
        this.#pass = damaged(member.reason);
        return;
      }
      case 'unknown':
      case 'more': {
        this.#pass = kept('unknown-encoder', 'no encoder gives these bytes');
      }
    }
  }

  #takePlain(plain: Uint8Array): void {
    this.#plain += plain.length;
    if (this.#plain > this.#maximumPlain) {
      this.#pass ??= kept('large-plain', `it has more than ${this.#maximumPlain} plain bytes`);
      return;
    }
    this.#plainHash.update(plain);
    this.#sketch.update(plain);
    this.#check = crc32(plain, this.#check);
  }

  #addLiteral(bytes: Uint8Array): void {
    // Not `slice`: of a Buffer it is a view, which keeps all of its piece.
    this.#addSegment({ kind: 'literal', bytes: new Uint8Array(bytes) });
  }

  #addSegment(segment: RecipeSegment): void {
    this.#segments.push(segment);
    if (this.#members > mostMembers) this.#pass ??= kept('large-recipe', manyMembers);
    const most = segment.kind === 'deflate' ? (segment.corrections?.length ?? 0) : 0;
    this.#recipeSize += leastSegmentSize + most;
    if (this.#recipeSize > this.#maximumRecipe + 1024) this.#pass ??= largeRecipe();
  }
}

function kept(reason: KeptReason, text: string): KeptGzip {
  return { outcome: 'kept', reason, text };
}

function damaged(reason: string): KeptGzip {
  return kept('damaged', `it is no valid gzip file: ${reason}`);
}

function largeRecipe(): KeptGzip {
  return kept('large-recipe', 'its recipe is too large for what it saves');
}
