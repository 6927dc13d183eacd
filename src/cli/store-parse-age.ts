const dayMs = 24 * 60 * 60 * 1000;

const factors: ReadonlyMap<string, number> = new Map([
  ['m', 60_000],
  ['h', 60 * 60_000],
  ['d', dayMs],
  ['w', 7 * dayMs],
]);

/**
 * Reads an age as people write it: `30d`, `12h`, `2w`, `45m` (minutes; months differ in length, and are none).
 *
 * @returns milliseconds, from 0, or undefined for any other text
 */
export function parseAge(text: string): number | undefined {
  const match = /^(\d{1,6})([mhdw])$/.exec(text);
  const factor = factors.get(match?.[2] ?? '');
  return factor === undefined ? undefined : Number(match?.[1]) * factor;
}
