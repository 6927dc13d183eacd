import type { AnalysisPasses } from './analysis-passes.ts';
import { candidateEncoders } from './detect-encoder.ts';
import type { EncoderParameters } from './encoder-parameters.ts';
import { correctionsEncoder } from './encoders.ts';
import { followWithEncoder } from './follow-stream.ts';
import type { StreamFollower } from './follow-stream.ts';
import { followWithCorrections } from './follow-with-corrections.ts';
import type { GzipHead } from './gzip-member.ts';
import type { DeflateSegment } from './recipe.ts';
import { StreamSample } from './stream-sample.ts';
import { ShapeListener } from './stream-shape.ts';
import type { InflateParser } from './tokens/inflate-parser.ts';

/** Where a member is, and what takes its plain bytes. */
export interface MemberPlace {
  readonly index: number;
  readonly head: GzipHead;
  readonly passes: AnalysisPasses;
  /** Most bytes of corrections. */
  readonly maximumCorrections: number;
  /** Takes the plain bytes. They are valid only until it returns. */
  readonly plain: (bytes: Uint8Array) => void;
}

/**
 * What is known of the stream of a member: `again` when the file has to be read once more, as an encoder began right and then went
 * wrong; `unknown` when no encoder and no corrections give the stream.
 */
export type MemberState = 'more' | 'ended' | 'invalid' | 'again' | 'unknown';

/** The stream is read in small steps while plain bytes are collected: each may give a thousand times its size. */
const samplingStep = 2048;
const followingStep = 64 * 1024;

/** Looks for what writes the stream of one gzip member, while it is read. */
export class MemberAnalysis {
  readonly #place: MemberPlace;
  readonly #parser: InflateParser;
  readonly #shape = new ShapeListener();
  #sample: StreamSample | undefined = new StreamSample();
  #follower: StreamFollower | undefined;
  #parameters: EncoderParameters | undefined;
  #corrections: Uint8Array | undefined;
  #state: MemberState = 'more';
  #size = 0;

  constructor(place: MemberPlace) {
    this.#place = place;
    const take = (bytes: Uint8Array): void => {
      place.plain(bytes);
      this.#sample?.addPlain(bytes);
      this.#follower?.plain(bytes);
    };
    this.#parser = place.passes.parser.begin(take, this.#shape);
  }

  get state(): MemberState {
    return this.#state;
  }

  /** Why the stream is invalid. */
  get reason(): string {
    return this.#parser.reason ?? 'it ends in the middle';
  }

  /** Reads on. @returns how many bytes of the piece belong to the stream */
  push(piece: Uint8Array): number {
    let taken = 0;
    while (this.#state === 'more' && taken < piece.length) {
      const step = this.#sample === undefined ? followingStep : samplingStep;
      taken += this.#step(piece.subarray(taken, taken + step));
    }
    return taken;
  }

  /** When it ended: whether the encoder was tried for all of it. Corrections that were just made were not. */
  get tried(): boolean {
    return this.#parameters !== undefined;
  }

  /** The stream, when it ended and was tried. */
  get segment(): DeflateSegment {
    if (this.#parameters === undefined) throw new TypeError('there is no encoder');
    const plain = this.#parser.plain;
    return {
      kind: 'deflate',
      encoder: this.#parameters,
      plain,
      size: this.#size,
      checkpoints: (this.#follower?.checkpoints ?? []).filter((point) => point.plain < plain),
      ...(this.#corrections !== undefined && { corrections: this.#corrections }),
    };
  }

  #step(piece: Uint8Array): number {
    this.#sample?.addStream(piece);
    this.#follower?.stream(piece);
    const taken = this.#parser.push(piece);
    this.#size += taken;
    if (this.#parser.state === 'invalid') {
      this.#state = 'invalid';
      return taken;
    }
    const ended = this.#parser.state === 'ended';
    const behind = piece.length - taken;
    if (this.#sample !== undefined && (ended || this.#sample.full)) {
      this.#sample.dropStream(behind);
      this.#choose(this.#sample, ended);
      this.#sample = undefined;
    } else if (ended) {
      this.#finish(behind);
    } else if (this.#follower?.failed === true) {
      this.#fail();
    }
    return taken;
  }

  /** Finds a follower that agrees with the sample. */
  #choose(sample: StreamSample, ended: boolean): void {
    const { index, head, passes, maximumCorrections } = this.#place;
    const corrections = passes.correctionsOf(index);
    if (corrections !== undefined) {
      this.#corrections = corrections;
      this.#begin({ encoder: correctionsEncoder, settings: {} }, sample, ended);
      return;
    }
    const candidates = (): EncoderParameters[] => candidateEncoders({ head, shape: this.#shape.shape });
    for (const parameters of passes.order(index, candidates)) {
      if (this.#begin(parameters, sample, ended)) return;
    }
    this.#parameters = undefined;
    this.#state = 'more';
    this.#follow(followWithCorrections(maximumCorrections, passes), sample, ended);
  }

  #begin(parameters: EncoderParameters, sample: StreamSample, ended: boolean): boolean {
    this.#parameters = parameters;
    this.#state = 'more';
    const corrections = this.#corrections;
    const follower = followWithEncoder({ parameters, ...(corrections !== undefined && { corrections }) });
    return this.#follow(follower, sample, ended);
  }

  /** @returns whether nothing speaks against it yet, or, when the stream has ended, at all */
  #follow(follower: StreamFollower, sample: StreamSample, ended: boolean): boolean {
    this.#follower = follower;
    follower.stream(sample.stream);
    let tried = 0;
    for (const bytes of sample.plain) {
      if (follower.failed) break;
      follower.plain(bytes);
      tried += bytes.length;
    }
    if (follower.failed) this.#fail();
    else if (ended) this.#finish(0);
    if (this.#state === 'more' || this.#state === 'ended') return true;
    this.#place.passes.countTrial(tried);
    return false;
  }

  #finish(behind: number): void {
    const follower = this.#follower;
    if (follower === undefined) throw new TypeError('nothing follows the stream');
    if (!follower.finish(behind)) {
      this.#fail();
      return;
    }
    this.#state = 'ended';
    if (this.#parameters !== undefined) {
      this.#place.passes.succeeded(this.#parameters, this.#parser.plain);
      this.#place.passes.remember(this.#place.index, this.#parameters);
      return;
    }
    const { corrections } = follower;
    if (corrections === undefined) throw new TypeError('there are no corrections');
    this.#place.passes.describe(this.#place.index, corrections);
  }

  #fail(): void {
    // Corrections come last, and none of their own making can be wrong.
    if (this.#parameters === undefined || this.#corrections !== undefined) {
      this.#state = 'unknown';
      return;
    }
    this.#place.passes.rule(this.#place.index, this.#parameters);
    this.#state = 'again';
  }
}
