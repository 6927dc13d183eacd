import { PaletteEdgeError } from '../errors.ts';
import type { DeflateEncoder, DeflateSink } from './deflate-encoder.ts';
import { createEncoder } from './encoders.ts';
import { unsupportedRecipe } from './recipe.ts';
import type { PartItem, RestorePart, StreamItem } from './restore-plan.ts';

/** Restores a part, from its plain bytes in pieces of any size. */
export interface PartRestorer {
  /** Takes the next of the part's plain bytes. */
  write(plain: Uint8Array): void;
  /** Ends them. */
  finish(): void;
}

/**
 * A restorer of a part.
 *
 * @param name whose part it is, for messages
 * @throws PaletteEdgeError kind content, as its methods: `RECIPE_MISMATCH`, `RECIPE_UNSUPPORTED`, or what the encoder finds
 */
export function createPartRestorer(part: RestorePart, name: string, sink: DeflateSink): PartRestorer {
  return new Restorer(part.items, name, sink);
}

class Restorer implements PartRestorer {
  readonly #items: Iterator<PartItem>;
  readonly #name: string;
  readonly #sink: DeflateSink;
  #stream: StreamWriter | undefined;

  constructor(items: readonly PartItem[], name: string, sink: DeflateSink) {
    this.#items = items.values();
    this.#name = name;
    this.#sink = sink;
    this.#next();
  }

  write(plain: Uint8Array): void {
    let rest = plain;
    while (rest.length > 0) {
      if (this.#stream === undefined) throw recipeMismatch(this.#name, 'there are too many plain bytes');
      rest = rest.subarray(this.#stream.write(rest));
      if (this.#stream.left === 0) this.#next();
    }
  }

  finish(): void {
    if (this.#stream !== undefined) throw recipeMismatch(this.#name, 'there are too few plain bytes');
  }

  /** Goes on to the next stream that takes plain bytes. */
  #next(): void {
    this.#stream?.finish();
    this.#stream = undefined;
    for (let item = this.#items.next(); item.done !== true; item = this.#items.next()) {
      if (item.value.kind === 'literal') {
        this.#sink(item.value.bytes);
        continue;
      }
      this.#stream = new StreamWriter(item.value, this.#name, this.#sink);
      if (this.#stream.left > 0) return;
      this.#stream.finish();
      this.#stream = undefined;
    }
  }
}

/** Writes a stream, or what is between two checkpoints of it. */
class StreamWriter {
  readonly #item: StreamItem;
  readonly #name: string;
  readonly #sink: DeflateSink;
  readonly #history: Uint8Array;
  #historyFilled = 0;
  #encoder: DeflateEncoder | undefined;
  #plain = 0;
  /** Where in the stream the next byte is. */
  #byte: number;
  /** The byte behind the last one. */
  readonly #endByte: number;
  /** Whether all blocks up to its end are complete: what follows is not looked at. */
  #complete = false;

  constructor(item: StreamItem, name: string, sink: DeflateSink) {
    this.#item = item;
    this.#name = name;
    this.#sink = sink;
    this.#history = new Uint8Array(item.history);
    this.#byte = Math.floor((item.from?.bits ?? 0) / 8);
    this.#endByte = item.endBit === undefined ? item.segment.size : Math.ceil(item.endBit / 8);
    if (item.history === 0) this.#encoder = this.#createEncoder();
  }

  /** Plain bytes it still takes. */
  get left(): number {
    return this.#item.history - this.#historyFilled + this.#item.plain - this.#plain;
  }

  /** @returns how many bytes it took */
  write(plain: Uint8Array): number {
    if (this.#encoder === undefined) {
      const size = Math.min(plain.length, this.#item.history - this.#historyFilled);
      this.#history.set(plain.subarray(0, size), this.#historyFilled);
      this.#historyFilled += size;
      if (this.#historyFilled === this.#item.history) this.#encoder = this.#createEncoder();
      return size;
    }
    const size = Math.min(plain.length, this.#item.plain - this.#plain);
    this.#plain += size;
    if (!this.#complete) this.#encoder.write(plain.subarray(0, size));
    return size;
  }

  finish(): void {
    // What it holds back comes with its end; what comes after the end of the stretch is dropped.
    this.#encoder?.finish();
    if (this.#byte < this.#endByte) {
      throw recipeMismatch(this.#name, `a stream ends ${this.#endByte - this.#byte} bytes too early`);
    }
  }

  #createEncoder(): DeflateEncoder {
    const { segment, from, endBit } = this.#item;
    const { encoder: parameters, size, corrections } = segment;
    const options = {
      ...(from !== undefined && { from: { checkpoint: from, history: this.#history } }),
      onBlock: ({ bits }: { readonly bits: number }) => {
        if (endBit !== undefined && bits >= endBit) this.#complete = true;
      },
    };
    const encoder = createEncoder(parameters, {
      sink: (bytes) => this.#take(bytes),
      options,
      ...(corrections !== undefined && { corrections }),
      maximumSize: size,
    });
    if (encoder !== undefined) return encoder;
    const settings = JSON.stringify(parameters.settings);
    throw unsupportedRecipe(
      this.#name,
      `there is no encoder ${JSON.stringify(parameters.encoder)} ${settings}`,
    );
  }

  #take(bytes: Uint8Array): void {
    const { endBit } = this.#item;
    const wanted = bytes.subarray(0, this.#endByte - this.#byte);
    if (endBit === undefined && wanted.length < bytes.length) {
      throw recipeMismatch(this.#name, 'a stream is too long');
    }
    this.#byte += wanted.length;
    if (wanted.length === 0) return;
    if (endBit === undefined || endBit % 8 === 0 || this.#byte < this.#endByte) {
      this.#sink(wanted);
      return;
    }
    const shared = wanted.slice(-1);
    shared[0]! &= (1 << (endBit % 8)) - 1;
    this.#sink(wanted.subarray(0, -1));
    this.#sink(shared);
  }
}

/** The error for a recipe and plain bytes that do not give the bytes they should. */
export function recipeMismatch(name: string, reason: string): PaletteEdgeError {
  return new PaletteEdgeError('RECIPE_MISMATCH', `${name} cannot be restored from its recipe: ${reason}`, {
    kind: 'content',
    suggestions: ['Compare the bundle with its .sha256 file (sha256sum -c) and copy it again.'],
  });
}
