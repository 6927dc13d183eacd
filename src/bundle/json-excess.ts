/** What a JSON text may hold at most. */
export interface JsonLimits {
  /** Lists and objects in each other. */
  readonly depth: number;
  /** Values of all lists and objects together. */
  readonly values: number;
  /** Fields of one object. */
  readonly fields: number;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const opensList = 0x5b;
const closesList = 0x5d;
const opensObject = 0x7b;
const closesObject = 0x7d;

/**
 * Says what is too much in a JSON text before it is parsed: a byte of text can become a hundred of memory, and code that goes down
 * into what is nested takes stack and time. Whether it is JSON at all is left to the parser.
 *
 * @param bytes UTF-8, in which no byte of another character looks like one of JSON's own
 * @returns undefined when all is within the limits
 */
export function jsonExcess(bytes: Uint8Array, limits: JsonLimits): string | undefined {
  const shape = new JsonShape(limits);
  for (let position = 0; position < bytes.length; position += 1) {
    const byte = bytes[position] ?? 0;
    if (byte === quote) position = endOfString(bytes, position);
    else shape.take(byte);
    if (shape.excess !== undefined) return shape.excess;
  }
  return undefined;
}

/** Counts along a text; lives for one {@link jsonExcess}. */
class JsonShape {
  excess: string | undefined;
  readonly #limits: JsonLimits;
  #values = 0;
  /** How many more commas each open list or object may have. */
  readonly #left: number[] = [];

  constructor(limits: JsonLimits) {
    this.#limits = limits;
  }

  /** A byte outside of strings. */
  take(byte: number): void {
    if (byte === comma) this.#next();
    else if (byte === opensObject) this.#open(this.#limits.fields);
    else if (byte === opensList) this.#open(Infinity);
    else if (byte === closesObject || byte === closesList) this.#left.pop();
  }

  #open(most: number): void {
    this.#left.push(most - 1);
    this.#count();
    if (this.#left.length > this.#limits.depth) this.excess = `it is nested over ${this.#limits.depth} deep`;
  }

  #next(): void {
    const left = (this.#left.pop() ?? 0) - 1;
    this.#left.push(left);
    this.#count();
    if (left < 0) this.excess = `an object in it has over ${this.#limits.fields} fields`;
  }

  #count(): void {
    this.#values += 1;
    if (this.#values > this.#limits.values) this.excess = `it has over ${this.#limits.values} values`;
  }
}

function endOfString(bytes: Uint8Array, start: number): number {
  let position = start + 1;
  while (position < bytes.length && bytes[position] !== quote)
    position += bytes[position] === backslash ? 2 : 1;
  return position;
}
