import type { ChosenModel } from './corrections/choose-model.ts';
import type { EncoderParameters } from './encoder-parameters.ts';
import { correctionsEncoder } from './encoders.ts';
import { SharedParser } from './shared-parser.ts';

/** What is learnt of the members of a file while it is read, for when it is read again. Members are counted from 0. */
export class AnalysisPasses {
  /** Reads the members. */
  readonly parser = new SharedParser();
  /** Reads once more those that are described with corrections. */
  readonly correctionsParser = new SharedParser();
  /** The model of the corrections of a member: likely good for the next ones, too. */
  model: ChosenModel | undefined;
  readonly #wrong = new Map<number, Set<string>>();
  readonly #corrections = new Map<number, Uint8Array>();
  /** What writes members, as earlier passes found out. */
  readonly #found = new Map<number, EncoderParameters>();
  /** What wrote the last member that an encoder writes: likely the next one, too. */
  #latest: EncoderParameters | undefined;
  #work = worthOfFile;

  /** That an encoder was tried in vain, with so many plain bytes. */
  countTrial(plain: number): void {
    this.#work -= trialWork + plain;
  }

  /** That this encoder writes another stream, though it began right. */
  rule(member: number, out: EncoderParameters): void {
    const wrong = this.#wrong.get(member) ?? new Set();
    this.#wrong.set(member, wrong.add(JSON.stringify(out)));
  }

  /**
   * Those of the candidates that are not ruled out: first what an earlier pass found, or what wrote the member before, and the others while
   * trying them is worth it. They are asked for only when they are needed.
   */
  *order(member: number, candidates: () => readonly EncoderParameters[]): Generator<EncoderParameters> {
    const wrong = new Set(this.#wrong.get(member));
    const isNew = (candidate: EncoderParameters): boolean => {
      const key = JSON.stringify(candidate);
      return !wrong.has(key) && wrong.add(key).size > 0;
    };
    for (const likely of [this.#found.get(member), this.#latest])
      if (likely !== undefined && isNew(likely)) yield likely;
    for (const candidate of this.#work > 0 ? candidates() : []) {
      if (this.#work <= 0) return;
      if (isNew(candidate)) yield candidate;
    }
  }

  /** That this encoder writes a member of so many plain bytes. What corrections describe says nothing of other members. */
  succeeded(parameters: EncoderParameters, plain: number): void {
    if (parameters.encoder === correctionsEncoder) return;
    this.#latest = parameters;
    this.#work += plain;
  }

  /** That this encoder writes this member, for later passes. */
  remember(member: number, parameters: EncoderParameters): void {
    if (parameters.encoder !== correctionsEncoder) this.#found.set(member, parameters);
  }

  describe(member: number, corrections: Uint8Array): void {
    this.#corrections.set(member, corrections);
  }

  /** The corrections that an earlier pass made for a member. */
  correctionsOf(member: number): Uint8Array | undefined {
    return this.#corrections.get(member);
  }
}

/**
 * Plain bytes that are tried in vain in one file before only the encoder of the member before is still tried: all encoders on ten small
 * streams, or each on what its first block has. Those of members whose encoder was found come on top.
 */
const worthOfFile = 256 * 1024 ** 2;

/** What it takes to make an encoder: as long as that of so many plain bytes. */
const trialWork = 256 * 1024;
