import { addAbortSignal } from 'node:stream';

import { PaletteEdgeError } from '../errors.ts';
import type { OpenRequest } from '../workflows/open-request.ts';
import type { BundleInput } from '../workflows/with-bundle-source.ts';

/**
 * The bundle that an argument names; `-` is standard input. Disposing it lets go of standard input: who writes to it is not waited for.
 *
 * @throws PaletteEdgeError `INPUT_IS_TERMINAL`, `FILE_NEEDED` (kind usage)
 */
export function bundleInput(
  path: string,
  signal: AbortSignal,
  request: OpenRequest = {},
): BundleInput & Disposable {
  const { stdin } = process;
  if (path !== '-') return { ...request, path, [Symbol.dispose]: () => undefined };
  if (request.bases !== undefined) {
    throw new PaletteEdgeError(
      'FILE_NEEDED',
      '- is standard input, which is read once: a delta bundle is a file',
      {
        kind: 'usage',
        suggestions: ['Name a file, its parts or an ISO image.'],
      },
    );
  }
  if (stdin.isTTY) {
    throw new PaletteEdgeError('INPUT_IS_TERMINAL', 'a bundle cannot be typed at a terminal', {
      kind: 'usage',
      suggestions: ['Pipe one in: ssh build cat edge.tar.zst | palette-edge verify -', 'Or name a file.'],
    });
  }
  return {
    path,
    trust: request.trust,
    stream: addAbortSignal(signal, stdin),
    [Symbol.dispose]: () => {
      // Aborted, or left in the middle: that it ends early is no failure.
      stdin.on('error', () => undefined).destroy();
    },
  };
}
