import { extractBundle } from '../../src/workflows/extract-bundle.ts';
import type { ExtractRequest } from '../../src/workflows/extract-bundle.ts';
import { piped, richBundle, writtenBundle } from '../support/rich-bundle.ts';

/** A bundle with images, files and charts. */
export const rich = await richBundle();

/** What extracting needs, with nobody who listens. */
export const options = {
  listener: { onStart: () => undefined, onBytes: () => undefined },
  signal: new AbortController().signal,
};

/** Extracts from a file, and from the same bundle as a stream. */
export const ways = [
  [
    'a file',
    async (request: ExtractRequest) => {
      const path = await writtenBundle(rich.bundle);
      return await extractBundle({ path }, request, options);
    },
  ],
  [
    'a stream',
    async (request: ExtractRequest) => {
      return await extractBundle({ path: '-', stream: piped(rich.bundle.bytes) }, request, options);
    },
  ],
] as const;

/** Asks for an image of the bundle as a layout, but for what is said. */
export function image(name: string, output: string, more: object = {}): ExtractRequest {
  return {
    kind: 'image',
    image: name,
    format: 'oci',
    platform: undefined,
    output: { path: output },
    ...more,
  };
}

/** Extracts from a file. */
export const [, extractRichBundle] = ways[0];
