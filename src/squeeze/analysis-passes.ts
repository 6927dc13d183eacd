import type { EncoderParameters } from './encoder-parameters.ts';

/** What is learnt of the members of a file while it is read, for when it is read again. Members are counted from 0. */
export class AnalysisPasses {
  readonly #wrong = new Map<number, Set<string>>();
  readonly #corrections = new Map<number, Uint8Array>();
  /** What wrote the member before: likely the next one, too. */
  #latest: EncoderParameters | undefined;
  #trials = 0;

  /** That an encoder was tried, or is about to be. */
  countTrial(): void {
    this.#trials += 1;
  }

  /** Whether so many were tried in vain that others are not worth their time. */
  get exhausted(): boolean {
    return this.#trials > mostTrials;
  }

  /** That this encoder writes another stream, though it began right. */
  rule(member: number, out: EncoderParameters): void {
    const wrong = this.#wrong.get(member) ?? new Set();
    this.#wrong.set(member, wrong.add(JSON.stringify(out)));
  }

  /** Those of the candidates that are not ruled out, what is likeliest by the member before first. */
  order(member: number, candidates: readonly EncoderParameters[]): EncoderParameters[] {
    const wrong = this.#wrong.get(member);
    const latest = this.#latest === undefined ? [] : [this.#latest];
    const all = new Map(
      [...latest, ...candidates].map((candidate) => [JSON.stringify(candidate), candidate]),
    );
    return [...all].filter(([key]) => wrong?.has(key) !== true).map(([, candidate]) => candidate);
  }

  succeeded(parameters: EncoderParameters): void {
    this.#latest = parameters;
    this.#trials = 0;
  }

  describe(member: number, corrections: Uint8Array): void {
    this.#corrections.set(member, corrections);
  }

  /** The corrections that an earlier pass made for a member. */
  correctionsOf(member: number): Uint8Array | undefined {
    return this.#corrections.get(member);
  }
}

/** More than there are encoders. */
const mostTrials = 1000;
