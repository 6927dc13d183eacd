import type { SignedBy } from '../workflows/bundle-trust.ts';

/** Who signed a bundle: `signed by sha256:… (site.pub)`. The whole id: it is what people compare. */
export function signedByText({ keyId, keyFile }: SignedBy): string {
  return `signed by ${keyId} (${keyFile})`;
}
