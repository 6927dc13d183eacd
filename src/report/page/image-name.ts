import { shortDigest } from './number-text.ts';

/** A reference in two pieces: where it is from, and what people call it. */
export interface NameParts {
  /** `registry.example.com/org/` */
  readonly place: string;
  /** `nginx:1.27` */
  readonly name: string;
}

/** Takes a reference apart. A digest in it is cut to what tells it from others. */
export function nameParts(reference: string): NameParts {
  const [name = '', digest] = reference.split('@', 2);
  const cut = name.lastIndexOf('/') + 1;
  const end = digest === undefined ? '' : `@${shortDigest(digest)}`;
  return { place: name.slice(0, cut), name: `${name.slice(cut)}${end}` };
}
