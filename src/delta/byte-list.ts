/** Bytes that grow. */
export interface ByteList {
  readonly length: () => number;
  put(byte: number): void;
  /** A whole number from 0 on: seven bits a byte, the lowest first, with the eighth bit set in all bytes but the last. */
  putNumber(value: number): void;
  /** 0, −1, 1, −2, … as 0, 1, 2, 3, … */
  putSigned(value: number): void;
  putAll(bytes: Uint8Array): void;
  /** A copy of all of them. */
  take(): Uint8Array;
  /** Forgets them, and keeps the room. */
  clear(): void;
}

export function createByteList(): ByteList {
  let bytes = new Uint8Array(1024);
  let length = 0;
  const grow = (more: number): void => {
    if (length + more <= bytes.length) return;
    const larger = new Uint8Array(Math.max(bytes.length * 2, length + more));
    larger.set(bytes.subarray(0, length));
    bytes = larger;
  };
  const putNumber = (value: number): void => {
    grow(8);
    let rest = value;
    while (rest >= 128) {
      bytes[length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    bytes[length++] = rest;
  };
  return {
    length: () => length,
    put(byte) {
      if (length === bytes.length) grow(1);
      bytes[length++] = byte;
    },
    putNumber,
    putSigned: (value) => putNumber(value < 0 ? -2 * value - 1 : 2 * value),
    putAll(more) {
      grow(more.length);
      bytes.set(more, length);
      length += more.length;
    },
    take: () => bytes.slice(0, length),
    clear() {
      length = 0;
    },
  };
}
