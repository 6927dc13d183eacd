/** Longest name of a raw file, in characters. */
const maximumRawFileName = 200;

const component = /^(?!\.{1,2}$)[A-Za-z0-9._@+-]+$/;

/**
 * Whether a raw file can be called that: a relative path of plain characters that climbs nowhere. It is a path on whatever
 * disk it is extracted to.
 */
export function isRawFileName(text: string): boolean {
  return text.length <= maximumRawFileName && text.split('/').every((part) => component.test(part));
}

/** A name that another one stands in the way of: the same one, or the name of a folder that it is in. */
export function clashingName(names: readonly string[]): string | undefined {
  // As on disks that know no difference between small and capital letters: a stick for a technician is one.
  const taken = new Set<string>();
  const folders = new Set<string>();
  for (const name of names) {
    const folded = name.toLowerCase();
    const above = foldersOf(folded);
    if (taken.has(folded) || folders.has(folded) || above.some((folder) => taken.has(folder))) return name;
    taken.add(folded);
    for (const folder of above) folders.add(folder);
  }
  return undefined;
}

function foldersOf(name: string): string[] {
  const parts = name.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}
