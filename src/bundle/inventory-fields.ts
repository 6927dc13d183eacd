import { PaletteEdgeError } from '../errors.ts';
import { isRecord } from '../io/is-record.ts';
import { isDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { isInventoryText } from './inventory.ts';

/** Checked access to the fields of one JSON object of an inventory; knows where it is, for messages. */
export class Fields {
  readonly #object: Readonly<Record<string, unknown>>;
  readonly #at: string;

  /** @throws PaletteEdgeError `INVENTORY_INVALID` when the value is no object; so do all methods for their fields */
  constructor(value: unknown, at: string) {
    if (!isRecord(value)) throw invalidInventory(`${at === '' ? 'it' : at} is no object`);
    this.#object = value;
    this.#at = at;
  }

  value(name: string): unknown {
    return Object.hasOwn(this.#object, name) ? this.#object[name] : undefined;
  }

  text(name: string, isAllowed: (text: string) => boolean = () => true): string {
    const value = this.value(name);
    if (typeof value !== 'string' || !isInventoryText(value)) throw this.invalid(name, 'is no plain text');
    if (!isAllowed(value))
      throw this.invalid(name, `has a value it cannot have: ${JSON.stringify(value.slice(0, 80))}`);
    return value;
  }

  texts(name: string, maximum: number): string[] {
    return this.list(name, maximum).map((value, index) => {
      if (typeof value !== 'string' || !isInventoryText(value))
        throw this.invalid(`${name}[${index}]`, 'is no plain text');
      return value;
    });
  }

  /** A whole number from 0, safe to count with. */
  size(name: string): number {
    const value = this.value(name);
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
      throw this.invalid(name, 'is no whole number from 0');
    }
    return value;
  }

  digest(name: string): Digest {
    const value = this.value(name);
    if (typeof value !== 'string' || !isDigest(value)) throw this.invalid(name, 'is no sha256 digest');
    return value;
  }

  list(name: string, maximum: number): readonly unknown[] {
    const value = this.value(name);
    if (!Array.isArray(value)) throw this.invalid(name, 'is no list');
    if (value.length > maximum) throw this.invalid(name, `has over ${maximum} entries`);
    return value;
  }

  object(name: string): Fields {
    return new Fields(this.value(name), this.#path(name));
  }

  objects(name: string, maximum: number): Fields[] {
    return this.list(name, maximum).map((value, index) => new Fields(value, `${this.#path(name)}[${index}]`));
  }

  invalid(name: string, reason: string): PaletteEdgeError {
    return invalidInventory(`${this.#path(name)} ${reason}`);
  }

  #path(name: string): string {
    return this.#at === '' ? name : `${this.#at}.${name}`;
  }
}

/** The error for an inventory that is not as docs/bundle-format.md says. */
export function invalidInventory(reason: string, cause?: unknown): PaletteEdgeError {
  return new PaletteEdgeError('INVENTORY_INVALID', `the bundle's inventory is not valid: ${reason}`, {
    kind: 'content',
    cause,
    suggestions: ['Copy the bundle again, or build it again.'],
  });
}
