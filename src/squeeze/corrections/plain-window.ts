/** How far a model looks ahead of a token: as many plain bytes have to be there before it is coded, or the last one. */
const lookahead = 640;

/** Plain bytes before the next token that stay: what a match can reach, in whole {@link historyUnit}s. */
const historySize = 64 * 1024;

/** The window moves on by multiples of this, so that tables indexed by a position's low bits stay as they are. */
export const historyUnit = 64 * 1024;

/** Some of the plain bytes in a row: positions count from the beginning of `bytes`, which moves on with {@link slideWindow}. */
export interface PlainWindow {
  readonly bytes: Uint8Array;
  /** Where the known bytes end. */
  end: number;
  /** The next token begins here. */
  position: number;
  /** Nothing follows what is known. */
  complete: boolean;
}

/** Bytes that a window holds. */
const windowSize = 2 * 1024 * 1024;

/** An empty window. */
export function createWindow(): PlainWindow {
  return { bytes: new Uint8Array(windowSize), end: 0, position: 0, complete: false };
}

/** Whether the next token may be coded: both ways have to decide it alike. */
export function canGoOn(window: PlainWindow): boolean {
  return window.complete || window.end - window.position >= lookahead;
}

/** Appends as much of the bytes as there is room for. @returns how many */
export function fillWindow(window: PlainWindow, bytes: Uint8Array): number {
  const taken = Math.min(bytes.length, window.bytes.length - window.end);
  window.bytes.set(taken === bytes.length ? bytes : bytes.subarray(0, taken), window.end);
  window.end += taken;
  return taken;
}

/** Makes room. @returns by how much positions became smaller: for the tables of the models */
export function slideWindow(window: PlainWindow): number {
  const shift = Math.floor((window.position - historySize) / historyUnit) * historyUnit;
  if (shift <= 0) return 0;
  window.bytes.copyWithin(0, shift, window.end);
  window.end -= shift;
  window.position -= shift;
  return shift;
}
