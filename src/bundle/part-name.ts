/**
 * How parts are called: `NAME.part00`, or `NAME_part00`, which CanvOS makes with `split --numeric-suffixes` and joins again in
 * the installer.
 */
export type PartStyle = 'plain' | 'canvos';

/** All styles. */
export const partStyles: readonly PartStyle[] = ['plain', 'canvos'];

/** Most parts that a bundle may have. */
export const maximumParts = 10_000;

/** A part's name, read. */
export interface PartName {
  /** The bundle's whole file name. */
  readonly bundle: string;
  readonly style: PartStyle;
  /** From 0. */
  readonly index: number;
  /** How many digits the number has. */
  readonly width: number;
}

const separators: Readonly<Record<PartStyle, string>> = { plain: '.part', canvos: '_part' };

/**
 * Names the parts of a bundle (docs/bundle-format.md, "Parts"). All have numbers of the same width, two digits at least: sorted by name
 * they are in order, so `cat NAME.part[0-9]*` joins them. (The list is called `NAME.parts.json`.)
 */
export function partNames(bundle: string, count: number, style: PartStyle): string[] {
  const width = Math.max(2, String(count - 1).length);
  return Array.from(
    { length: count },
    (_, index) => `${bundle}${separators[style]}${String(index).padStart(width, '0')}`,
  );
}

/** Reads the name of a file as one of {@link partNames} gives; undefined when it is none. */
export function parsePartName(name: string): PartName | undefined {
  const match = /^(.+)([._])part(\d{2,4})$/s.exec(name);
  if (match === null) return undefined;
  const [, bundle = '', separator, digits = ''] = match;
  return {
    bundle,
    style: separator === '_' ? 'canvos' : 'plain',
    index: Number(digits),
    width: digits.length,
  };
}
