/** Hex digits of keys and ids in names. */
export const idLength = 8;

const delta = new RegExp(`^(.+)-from-[0-9a-f]{${idLength}}$`);

/**
 * Names a delta bundle after the full one of its content.
 *
 * @param from id of the inventory of its base, {@link idLength} hex digits
 */
export function deltaName(full: string, from: string): string {
  return `${full}-from-${from}`;
}

/** The name of the full bundle of the same content; undefined for a name that no delta bundle has. */
export function fullNameOf(name: string): string | undefined {
  return delta.exec(name)?.[1];
}
