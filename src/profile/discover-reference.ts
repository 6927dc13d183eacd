import { PaletteEdgeError } from '../errors.ts';
import { parseReference } from '../oci/reference.ts';

/** An image that something seems to need. The text is as it stands: macros and templates are still in it. */
export interface FoundImage {
  readonly text: string;
  /** Dotted path of where it is. */
  readonly key: string;
  /** 1-based, where one is known. */
  readonly line?: number;
  /** Whether it may be no image, or lacks its tag: never taken in, only told. */
  readonly isMaybe: boolean;
  /** Whether a part that is switched off (`enabled: false`) holds it. */
  readonly isDisabled: boolean;
}

const host = String.raw`(?:(?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d{1,5})?|localhost:\d{1,5}|\d{1,3}(?:\.\d{1,3}){3}:\d{1,5})`;
const version = String.raw`(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?`;
const fullReference = new RegExp(`^(?:docker://)?${host}/[a-z0-9][a-z0-9._/-]*${version}$`);
const maximumLength = 600;

/**
 * The reference in a text that need not be one: `quay.io/org/app:1.0`, or `--reloader=quay.io/org/app:1.0`. It has to
 * name registry, path, and tag or digest; addresses of charts are passed over.
 */
export function fullReferenceIn(text: string): string | undefined {
  if (text.length > maximumLength || !text.includes('/')) return undefined;
  const trimmed = text.trim();
  const bare = trimmed.startsWith('-') ? trimmed.replace(/^--?[\w.-]+=/, '') : trimmed;
  if (!fullReference.test(bare) || /\/(?:helm-)?charts?\//.test(bare)) return undefined;
  const isVersioned = bare.includes('@') || bare.lastIndexOf(':') > bare.lastIndexOf('/');
  return isVersioned && isReference(bare) ? bare : undefined;
}

/** Whether the text can be read as a reference. */
export function isReference(text: string): boolean {
  try {
    parseReference(text);
    return true;
  } catch (error) {
    if (error instanceof PaletteEdgeError) return false;
    throw error;
  }
}
