import type { DeflateBlock, DeflateBlockEnd, DeflateListener } from './tokens/deflate-block.ts';

/** What the blocks at the beginning of a stream tell of its writer. */
export interface StreamShape {
  /** Tokens of the largest blocks, over all whole blocks with codes; 0 when there are none. */
  readonly mostTokens: number;
  /** Plain bytes of the largest whole block. */
  readonly mostPlain: number;
  /** Plain bytes before the first empty block that is neither the first nor the last one: what writers end a piece with. */
  readonly marker: number | undefined;
  /** Whether the stream ends in an empty stored block; undefined while it has not ended. */
  readonly endsEmpty: boolean | undefined;
}

/** Collects the shape of a stream: listens to a parser. */
export class ShapeListener implements DeflateListener {
  #block: DeflateBlock | undefined;
  #mostTokens = 0;
  #mostPlain = 0;
  #marker: number | undefined;
  #endsEmpty: boolean | undefined;

  get shape(): StreamShape {
    return {
      mostTokens: this.#mostTokens,
      mostPlain: this.#mostPlain,
      marker: this.#marker,
      endsEmpty: this.#endsEmpty,
    };
  }

  block(block: DeflateBlock): void {
    this.#block = block;
    const empty = block.stored?.length === 0;
    if (block.final) this.#endsEmpty = empty;
    else if (empty && block.plain > 0) this.#marker ??= block.plain;
  }

  tokens(): void {
    // Their number comes at the end of the block.
  }

  end({ tokens, plain }: DeflateBlockEnd): void {
    if (this.#block === undefined) return;
    this.#mostPlain = Math.max(this.#mostPlain, plain - this.#block.plain);
    if (this.#block.type === 0) return;
    if (tokens === 0 && plain > 0 && !this.#block.final) this.#marker ??= plain;
    this.#mostTokens = Math.max(this.#mostTokens, tokens);
  }
}
